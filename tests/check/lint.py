#!/usr/bin/env python3
"""lint.py NAME: runs one lint tool over the files that are its.

A check that cannot fail proves nothing (a tool may find no configuration, or no file, and be content), so each tool
first has to refuse a sample that is wrong.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import tree


@dataclass(frozen=True)
class Lint:
    command: list[str]
    files: Callable[[], list[Path]]
    package: str  # Debian's, which brings the tool
    advice: str
    bad_name: str  # the sample: a file of this name…
    bad_text: str  # …with this text
    ignored: str | None = None  # lines that say nothing about our files, a regular expression
    # By default the exit status says whether the tool is content; these say it by printing nothing.
    silent_if_content: bool = False
    beside: dict[str, str] = field(default_factory=dict)  # files that the sample needs: name → file of the project


LINTS = {
    "format": Lint(
        command=["clang-format", "--dry-run", "--Werror", "--style=file"],
        files=lambda: tree.files(*tree.CPP),
        package="clang-format",
        advice="Run `clang-format -i` on these files.",
        bad_name="sample.cpp",
        bad_text="int  main( ){return 0 ;}\n",
        beside={".clang-format": ".clang-format"},
        ignored=r"(?!.*: error: ).*",  # the code that it quotes
    ),
    "shell": Lint(
        command=["shellcheck", "--external-sources"],
        files=lambda: tree.scripts("sh", "*.sh", "*.bash"),
        package="shellcheck",
        advice="Each code has a page with the reason and the remedy: https://www.shellcheck.net/wiki/SC2086",
        bad_name="sample.sh",
        bad_text="#!/bin/sh\nrm $1\n",
    ),
    # Each of these takes one file, and there is one.
    "completion-bash": Lint(
        command=["bash", "-n"],
        files=lambda: tree.files("completions/*.bash"),
        package="bash",
        advice="bash(1), Programmable Completion.",
        bad_name="sample.bash",
        bad_text="if true; then\n",
    ),
    "completion-zsh": Lint(
        command=["zsh", "--no-exec"],
        files=lambda: tree.files("completions/_*"),
        package="zsh",
        advice="zshcompsys(1).",
        bad_name="_sample",
        bad_text="if true; then\n",
    ),
    "completion-fish": Lint(
        command=["fish", "--no-execute"],
        files=lambda: tree.files("completions/*.fish"),
        package="fish",
        advice="complete(1) of fish.",
        bad_name="sample.fish",
        bad_text="if true\n",
    ),
    "manual": Lint(
        command=["mandoc", "-Tlint"],
        files=lambda: tree.files("man/*.[1-8]"),
        package="mandoc",
        # It looks among the manuals of this system, which may have none; references.py looks for ours.
        ignored=r".*referenced manual not found: .*",
        silent_if_content=True,
        advice="mandoc(1), DIAGNOSTICS explains each message; mdoc(7) is the language.",
        bad_name="sample.8",
        bad_text=".Dd November 22, 2026\n.Dt SAMPLE 8\n.Os\n.Sh NAME\n.Nm sample\n.Nd sample\n.Foo\n",
    ),
    "spelling": Lint(
        command=["codespell", "--config", str(tree.ROOT / ".codespellrc"), "--check-hidden"],
        files=tree.files,
        package="codespell",
        advice="Correct the words; one that is right goes into .codespellrc with its reason.",
        bad_name="sample.md",
        bad_text="We recieve it.\n",  # codespell:ignore
    ),
    "units": Lint(
        # no: the named units only, not what they depend on. man: manual pages need not be installed.
        command=["systemd-analyze", "verify", "--man=no", "--recursive-errors=no"],
        files=lambda: tree.files("units/*.service", "units/*.socket", "units/*.timer", "units/*.path"),
        package="systemd",
        advice="systemd.service(5), systemd.socket(5) and systemd.exec(5) know the settings. The programs must be "
        "installed: `./dev test` does that.",
        bad_name="sample.service",
        bad_text="[Service]\nExecStart=/bin/true\nNoSuchSetting=yes\n",
        silent_if_content=True,
    ),
}


def run(lint: Lint, files: list[Path]) -> tuple[bool, str]:
    """Whether the tool is content, and all it said."""
    command = [*lint.command, *map(str, files)]
    done = subprocess.run(command, cwd=tree.ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lines = done.stdout.replace(f"{tree.ROOT}/", "").splitlines()
    said = [line for line in lines if not (lint.ignored and re.fullmatch(lint.ignored, line))]
    return not said if lint.silent_if_content else done.returncode == 0, "\n".join(said)


def refuses_the_sample(lint: Lint) -> bool:
    with tempfile.TemporaryDirectory() as directory:
        for name, source in lint.beside.items():
            shutil.copy(tree.ROOT / source, Path(directory, name))
        sample = Path(directory, lint.bad_name)
        sample.write_text(lint.bad_text)
        content, _ = run(lint, [sample])
        return not content


def main(name: str) -> int:
    lint = LINTS[name]
    tool = lint.command[0]
    if shutil.which(tool) is None:
        print(f"{tool} is missing: install Debian's package {lint.package}, or run the check in ./dev test.")
        return 1
    files = lint.files()
    if not files:
        print(f"There is no file for {tool}: the patterns in {Path(__file__).name} are wrong.")
        return 1
    if not refuses_the_sample(lint):
        print(f"{tool} finds nothing wrong with a sample that is: its options in {Path(__file__).name} are wrong.")
        return 1
    content, said = run(lint, files)
    if said:
        print(said)
    print(f"{tool}: {len(files)} files. {'' if content else lint.advice}")
    return 0 if content else 1


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in LINTS:
        sys.exit(f"usage: lint.py {'|'.join(LINTS)}")
    sys.exit(main(sys.argv[1]))
