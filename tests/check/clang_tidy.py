#!/usr/bin/env python3
"""clang_tidy.py BUILD: clang-tidy over every source of the program in BUILD/compile_commands.json.

The tests are left out: each TEST of GoogleTest expands to a class with global state, and nearly all that clang-tidy has
to say of them is about that.

A source that was clean is not checked again until something changes that it was checked with: itself, a header of ours
that it includes, its compiler options, .clang-tidy or any Debian package. BUILD/tests/check/clang-tidy.json remembers.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import include_directions
import tree

CONFIG = tree.ROOT / ".clang-tidy"
FOLDERS = ("policy", "supervisor")
DIAGNOSTIC = re.compile(r"^(?=\S+:\d+:\d+: (?:error|warning): )", re.MULTILINE)

SAMPLE = "bool same(int number) { return number == number; }\n"
SAMPLE_CHECK = "misc-redundant-expression"


@dataclass(frozen=True)
class Source:
    path: Path
    command: str

    @property
    def name(self) -> str:
        return tree.shown(self.path)


def tidy(*arguments: object) -> tuple[bool, str]:
    done = subprocess.run(["clang-tidy", "--quiet", f"--config-file={CONFIG}", *map(str, arguments)], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode == 0 or DIAGNOSTIC.search(done.stdout):
        return done.returncode == 0, done.stdout
    return False, f"clang-tidy ended with status {done.returncode}\n{done.stderr}{done.stdout}"


def wrong_with_the_check() -> str | None:
    if shutil.which("clang-tidy") is None:
        return "clang-tidy is missing: install Debian's package clang-tidy, or run the check in ./dev test."
    with tempfile.TemporaryDirectory() as directory:
        sample = Path(directory, "sample.cpp")
        sample.write_text(SAMPLE)
        content, said = tidy("--verify-config", sample)
        if not content:
            return f".clang-tidy is wrong:\n{said}"
        content, said = tidy(sample, "--", "-std=c++23")
        if content or SAMPLE_CHECK not in said:
            return f"clang-tidy does not find {SAMPLE_CHECK} where it is: .clang-tidy turns too much off."
    return None


def sources_of(build: Path) -> list[Source]:
    entries = json.loads((build / "compile_commands.json").read_text())
    wanted = tuple(f"{tree.ROOT}/{folder}/" for folder in FOLDERS)
    return [Source(Path(each["file"]), each["command"]) for each in entries if each["file"].startswith(wanted)]


def headers_of(path: Path) -> set[Path]:
    found, todo = set(), [path]
    while todo:
        for include in include_directions.includes_of(todo.pop()):
            header = tree.ROOT / include.name
            if include.ours and header not in found and header.is_file():
                found.add(header)
                todo.append(header)
    return found


def digest(source: Source) -> str:
    """Of everything that the result depends on."""
    content = hashlib.sha256(source.command.encode())
    packages = Path("/var/lib/dpkg/status")
    for file in (CONFIG, packages, source.path, *sorted(headers_of(source.path))):
        content.update(file.read_bytes() if file.exists() else b"")
    return content.hexdigest()


def blocks(output: str) -> list[str]:
    """One for each finding, with the lines that explain it."""
    return [part.rstrip().replace(f"{tree.ROOT}/", "") for part in DIAGNOSTIC.split(output) if part.strip()]


@dataclass(frozen=True)
class Result:
    source: Source
    checked: str  # digest
    content: bool
    said: str
    seconds: float


def check(source: Source, build: Path) -> Result:
    started = time.monotonic()
    checked = digest(source)  # before, since somebody may be writing
    content, said = tidy(f"-p={build}", source.path)
    return Result(source, checked, content, said, time.monotonic() - started)


class Memory:
    """Which sources were clean, and with what."""

    def __init__(self, build: Path):
        self._file = build / "tests" / "check" / "clang-tidy.json"
        self._digests = json.loads(self._file.read_text()) if self._file.exists() else {}

    def knows(self, source: Source) -> bool:
        return self._digests.get(source.name) == digest(source)

    def add(self, result: Result) -> None:
        """At once: a run that is interrupted has not been for nothing."""
        self._digests[result.source.name] = result.checked
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps(self._digests, indent=0))


def check_all(sources: list[Source], build: Path, memory: Memory) -> Iterator[str]:
    # The longest first, so that none is alone at the end.
    todo = sorted(sources, key=lambda source: -len(headers_of(source.path)))
    seen = set()
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for result in pool.map(lambda each: check(each, build), todo):
            print(f"{'clean' if result.content else 'WRONG'}  {result.seconds:5.1f} s  {result.source.name}", flush=True)
            if result.content:
                memory.add(result)
                continue
            # What is wrong with a header is told again for each source that includes it.
            found = blocks(result.said)
            yield from (block for block in found if block not in seen)
            seen.update(found)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path)
    build = parser.parse_args().build

    if wrong := wrong_with_the_check():
        print(wrong)
        return 1
    sources = sources_of(build)
    compiled = {source.path for source in sources}
    found = 0
    for folder in FOLDERS:
        for path in set(tree.files("*.cpp", root=tree.ROOT / folder)) - compiled:
            print(f"{tree.shown(path)}: no target compiles this file")
            found += 1

    memory = Memory(build)
    todo = [source for source in sources if not memory.knows(source)]
    for finding in check_all(todo, build, memory):
        print(finding, flush=True)
        found += 1
    print(f"{len(sources)} sources, {len(sources) - len(todo)} of them clean and unchanged since an earlier run.")
    if found:
        print(f"{found} findings. Each ends with the name of its check; what it is good for stands at "
              "https://clang.llvm.org/extra/clang-tidy/checks/list.html. One that is wrong here gets "
              "NOLINTNEXTLINE(its-name) with the reason.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
