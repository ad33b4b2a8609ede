#!/usr/bin/env python3
"""Which folder may include which, and where each library may be used: the rules of supervisor/ARCHITECTURE.md."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import tree


@dataclass(frozen=True)
class Rule:
    knows: tuple[str, ...] = ()  # folders, or files without their suffix; a folder always knows itself
    only_headers: str = ".*"  # what it may include of the system and of libraries, a regular expression
    indirectly: bool = False  # the rule also holds for everything that the included files include


BASE = "supervisor/base"
ANYTHING = ("policy", "supervisor")
CPP_LIBRARY = "[a-z_]+"
# What wires everything together.
TOP = ("app", "app_control", "app_learning", "app_refusals", "audit_command", "child.hpp", "effects", "examine", "exec",
       "handover", "learning.hpp", "main", "policy_command", "policy_learn", "sandbox", "setup", "snapshot")
# C headers and system calls, no C++ library: the file runs between fork and exec.
C_ONLY = r"c[a-z]+|.*\.h"

# The most specific row counts. A folder, or a file at the top of supervisor/, without a row is a finding.
RULES = {
    BASE: Rule(),
    "policy": Rule(knows=(BASE,)),
    "supervisor/config": Rule(knows=(BASE, "policy/names")),
    "supervisor/podman": Rule(knows=(BASE,)),
    "supervisor/notify": Rule(knows=(BASE,)),
    "supervisor/launch": Rule(knows=(BASE, "policy")),
    "supervisor/launch/child.cpp": Rule(
        knows=("supervisor/launch/child", "supervisor/launch/plan", "supervisor/launch/stage"), only_headers=C_ONLY
    ),
    "supervisor/health": Rule(knows=(BASE, "supervisor/config", "supervisor/launch", "supervisor/service/health")),
    # Plain data in, varlink out: what the data mean is the business of those who fill them in.
    "supervisor/control": Rule(knows=(BASE,)),
    # A program of its own, run in the proxy's place.
    "supervisor/probe": Rule(knows=(BASE,)),
    # A pure function: no system call, no sd-*, not even through a header of base.
    "supervisor/service": Rule(knows=(BASE,), only_headers=CPP_LIBRARY, indirectly=True),
    "supervisor/audit": Rule(
        knows=(BASE, "policy", "supervisor/control/interface", "supervisor/control/json", "supervisor/control/listener")
    ),
    "supervisor/cli": Rule(knows=(BASE, "supervisor/cli_policy")),
    "supervisor/cli_policy": Rule(knows=(BASE, "supervisor/cli")),
    # A program of its own: what it shows is what the interface tells.
    "supervisor/ctl": Rule(knows=(BASE, "supervisor/control/interface")),
    # …but `explain` is for the time when nobody is there to tell.
    "supervisor/ctl/configured": Rule(knows=("supervisor/ctl", BASE, "supervisor/config")),
    "supervisor/refusals": Rule(knows=("policy",)),
    "supervisor/runtime": Rule(knows=(BASE, "supervisor/config", "supervisor/podman")),
    **{f"supervisor/{file}": Rule(knows=ANYTHING) for file in TOP},
    "tests": Rule(knows=ANYTHING),
}

# Whatever lies lower returns errors.
LOGGERS = ("supervisor/base/log",
           *(f"supervisor/{file}" for file in ("app", "app_control", "app_learning", "app_refusals", "audit_command",
                                               "effects", "exec", "handover", "main", "policy_command",
                                               "policy_learn")))

# Headers that only some places of the program may include (tests may include all). Whoever needs more adds a row.
EDGES = {
    r"toml\+\+/.*": ("supervisor/base/toml_text", "supervisor/config", "policy"),  # throws, and is slow to compile
    r"CLI/.*": ("supervisor/cli", "supervisor/cli_policy", "supervisor/ctl/options"),  # throws
    r"spdlog/.*": LOGGERS,
    r"supervisor/base/log\.hpp": LOGGERS,
    r"seccomp\.h": ("policy",),
    r"curl/.*": ("supervisor/probe",),  # parses what strangers send, so never in the supervisor itself
    r"systemd/.*": (
        BASE, "policy/oci", "supervisor/audit/ask", "supervisor/audit/print", "supervisor/control", "supervisor/ctl",
        "supervisor/launch/sockets", "supervisor/notify/sender", "supervisor/policy_learn"
    ),
}

SOURCES = (*tree.CPP, "*.h", "*.cc", "*.cxx", "*.ipp")
INCLUDE = re.compile(r'\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')
ANY_INCLUDE = re.compile(r"\s*#\s*(include|import)\b|\s*(export\s+)?import\s+[\w<\".:]+\s*;")


@dataclass(frozen=True)
class Include:
    line: int
    name: str
    ours: bool  # "…", below the root; else <…>
    understood: bool = True


def includes_of(path: Path) -> Iterator[Include]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if match := INCLUDE.match(line):
            yield Include(number, match[1] or match[2], ours=match[1] is not None)
        elif ANY_INCLUDE.match(line):
            yield Include(number, line.strip(), ours=False, understood=False)


def lies_in(file: str, place: str) -> bool:
    """`place` is a folder, a file, or a file without its suffix."""
    return file == place or file.startswith(place + "/") or file.rpartition(".")[0] == place


def row_of(file: str) -> str | None:
    return max((place for place in RULES if lies_in(file, place)), key=len, default=None)


def allowed_header(header: str, file: str) -> bool:
    if file.startswith("tests/"):
        return True
    return all(
        any(lies_in(file, place) for place in places)
        for pattern, places in EDGES.items()
        if re.fullmatch(pattern, header)
    )


def brought_along(root: Path, header: str) -> Iterator[str]:
    """What is not ours in a header of ours and in the headers of ours that it includes."""
    todo, seen = [header], {header}
    while todo:
        for include in includes_of(root / todo.pop()):
            if not include.ours:
                yield include.name
            elif include.name not in seen and (root / include.name).is_file():
                seen.add(include.name)
                todo.append(include.name)


def judge(root: Path, file: str, include: Include) -> str | None:
    """What is wrong with this include; nothing if it is right."""
    place = row_of(file)
    rule = RULES[place]
    if not include.understood:
        return f"cannot tell what '{include.name}' includes"
    if not allowed_header(include.name, file):
        return f"{include.name} is not for this file: see EDGES in {Path(__file__).name}"
    if not include.ours:
        fits = re.fullmatch(rule.only_headers, include.name)
        return None if fits else f"<{include.name}> is not for {place}"
    if not (root / include.name).is_file():
        return f"'{include.name}' is no file below the project's root; includes of others are written <...>"
    if lies_in(include.name, place):
        return None
    if not any(lies_in(include.name, known) for known in rule.knows):
        return f"{place} may not know {include.name}"
    if rule.indirectly:
        for header in brought_along(root, include.name):
            if not re.fullmatch(rule.only_headers, header):
                return f"{include.name} brings <{header}>, which is not for {place}"
    return None


def check(root: Path) -> Iterator[str]:
    for path in tree.files(*SOURCES, root=root):
        file = str(path.relative_to(root))
        if row_of(file) is None:
            yield f"{file}: no rule says what this may include; add a row to {Path(__file__).name}"
            continue
        for include in includes_of(path):
            if wrong := judge(root, file, include):
                yield f"{file}:{include.line}: {wrong}"


if __name__ == "__main__":
    sys.exit(tree.conclude(check(tree.ROOT), "Move the code to where it may know this; or change the rules together "
                                             "with supervisor/ARCHITECTURE.md, which gives their reasons."))
