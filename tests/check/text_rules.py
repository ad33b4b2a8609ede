#!/usr/bin/env python3
"""text_rules.py NAME: one rule about the text of files, held against every file it is for."""

import json
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import tree

Finding = tuple[int, str]  # line, what is wrong

MAX_LINES = 350


def whitespace(text: str, path: Path) -> Iterator[Finding]:
    tabs_are_right = path.name == "Caddyfile"  # as `caddy fmt` writes it
    for number, line in enumerate(text.split("\n"), start=1):
        if "\t" in line and not tabs_are_right:
            yield number, "a tab"
        if line != line.rstrip():
            yield number, "a blank or a carriage return at the end of the line"
    if text and (not text.endswith("\n") or text.endswith("\n\n")):
        yield text.count("\n") + 1, "the file must end with one newline"


# In halves, so that the rule does not find itself.
MARKERS = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX")) + r")\b")


def markers(text: str, _path: Path) -> Iterator[Finding]:
    for number, line in enumerate(text.splitlines(), start=1):
        for match in MARKERS.finditer(line):
            yield number, f"'{match[0]}'"


def length(text: str, path: Path) -> Iterator[Finding]:
    comment = "//" if path.suffix in (".cpp", ".hpp") else "#"
    code = [line for line in map(str.strip, text.splitlines()) if line and not line.startswith(comment)]
    if len(code) > MAX_LINES:
        yield 1, f"{len(code)} lines of code, at most {MAX_LINES} are allowed"


def parse_python(text: str) -> None:
    compile(text, "file", "exec")


PARSERS: dict[str, Callable[[str], object]] = {".toml": tomllib.loads, ".json": json.loads, ".py": parse_python}


def syntax(text: str, path: Path) -> Iterator[Finding]:
    try:
        PARSERS.get(path.suffix, parse_python)(text)
    except (ValueError, SyntaxError) as error:  # what all three raise
        line = getattr(error, "lineno", None) or 1
        yield line, str(error)


INLINE_LINK = re.compile(r"\]\(\s*<?([^()\s<>]+(?:\([^()\s]*\)[^()\s<>]*)?)>?(?:\s+\"[^\"]*\")?\s*\)")
REFERENCE_LINK = re.compile(r"^\s{0,3}\[[^\]^]+\]:\s*<?([^\s<>]+)>?")
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def prose(text: str) -> Iterator[tuple[int, str]]:
    """The numbered lines of a Markdown text outside of code."""
    fence = ""
    for number, line in enumerate(text.splitlines(), start=1):
        mark = re.match(r"\s*(```+|~~~+)", line)
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
        elif not fence:
            yield number, re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", line)


def anchors(text: str) -> set[str]:
    """What `#…` may name in a Markdown file, as GitHub and most other viewers make it of the headings."""
    headings = [match[1] for line in text.splitlines() if (match := re.match(r"#{1,6}\s+(.*?)\s*#*$", line))]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(text: str, path: Path) -> Iterator[Finding]:
    for number, line in prose(text):
        for match in (*INLINE_LINK.finditer(line), *REFERENCE_LINK.finditer(line)):
            link = match[1]
            if ELSEWHERE.match(link):
                continue
            name, _, anchor = link.partition("#")
            target = path.parent / name if name else path
            if not target.exists() or not target.resolve().is_relative_to(tree.ROOT):
                yield number, f"the link '{link}' leads to no file of the project"
            elif anchor and target.suffix == ".md" and anchor not in anchors(target.read_text(encoding="utf-8")):
                yield number, f"the link '{link}' names no heading of that file"


MANUAL_OF_OURS = re.compile(r"\.(?:It )?Xr (rootless-supervisor[\w.]*|supervisorctl) (\d)")


def manual_references(text: str, path: Path) -> Iterator[Finding]:
    for number, line in enumerate(text.splitlines(), start=1):
        if (match := MANUAL_OF_OURS.match(line)) and not (path.parent / f"{match[1]}.{match[2]}").exists():
            yield number, f"there is no manual {match[1]}({match[2]})"


@dataclass(frozen=True)
class Rule:
    find: Callable[[str, Path], Iterator[Finding]]
    files: Callable[[], list[Path]]
    advice: str


CODE = (*tree.CPP, "*.py", "*.sh", "*.cmake", "CMakeLists.txt")

RULES = {
    "whitespace": Rule(whitespace, tree.files, "Files are indented with spaces and hold no blanks that nobody sees."),
    "markers": Rule(markers, tree.files, "Finish it, or file an issue: a marker in the source is found by nobody."),
    "length": Rule(length, lambda: tree.scripts("sh", *CODE), "Take a part that can be named into a file of its own."),
    "syntax": Rule(syntax, lambda: tree.scripts("python", "*.py", "*.toml", "*.json"), "Correct the syntax."),
    "links": Rule(links, lambda: tree.files("*.md"), "Links are relative to the file that they stand in."),
    "manual-references": Rule(
        manual_references, lambda: tree.files("man/*.[1-8]"), "Write the manual in man/, or correct name and section."
    ),
}


def text_of(path: Path) -> str | None:
    """Nothing for a file that is no text."""
    content = path.read_bytes()
    try:
        return None if b"\0" in content else content.decode()
    except UnicodeDecodeError:
        return None


def check(rule: Rule, paths: list[Path]) -> Iterator[str]:
    if not paths:
        yield f"{Path(__file__).name}: no file is one for this rule"
    for path in paths:
        text = text_of(path)
        if text is None:
            continue
        for line, what in rule.find(text, path):
            yield f"{tree.shown(path)}:{line}: {what}"


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in RULES:
        sys.exit(f"usage: text_rules.py {'|'.join(RULES)}")
    chosen = RULES[sys.argv[1]]
    sys.exit(tree.conclude(check(chosen, chosen.files()), chosen.advice))
