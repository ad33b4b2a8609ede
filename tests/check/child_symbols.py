#!/usr/bin/env python3
"""What runs between fork and exec calls nothing but async-signal-safe functions (signal-safety(7)).

The undefined symbols of the object of launch/child.cpp are held against child_symbols.allowed. `--must-refuse` names an
object that allocates: a check that is content with that one too proves nothing.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import tree

ALLOWED = Path(__file__).with_name("child_symbols.allowed")

# Run-time support that the compiler's sanitizers call; the program that is shipped has none of it.
SANITIZER_PREFIXES = ("__asan_", "__ubsan_", "__sanitizer_")

# Without these in it, the object is not the one that it is taken for (empty, or of link-time optimisation).
EXPECTED = {"execve", "setns"}


def allowed_names() -> set[str]:
    """Each line is a symbol and why it is safe; comments begin with #."""
    names = set()
    for number, line in enumerate(ALLOWED.read_text(encoding="utf-8").splitlines(), start=1):
        name, _, reason = line.partition(" ")
        if not name or name.startswith("#"):
            continue
        if not reason.strip():
            sys.exit(f"{tree.shown(ALLOWED)}:{number}: say why {name} is safe")
        names.add(name)
    return names


def undefined_symbols(nm: str, file: Path) -> set[str]:
    listing = subprocess.run([nm, "--undefined-only", "--format=just-symbols", file], text=True, check=True,
                             stdout=subprocess.PIPE).stdout
    return set(listing.split())


def refused(symbols: set[str], allowed: set[str], sanitized: bool) -> list[str]:
    rest = symbols - allowed
    return sorted(name for name in rest if not (sanitized and name.startswith(SANITIZER_PREFIXES)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nm", default="nm")
    parser.add_argument("--sanitized", action="store_true", help="the objects were compiled with -fsanitize")
    parser.add_argument("--must-refuse", type=Path, required=True)
    parser.add_argument("object", type=Path)
    options = parser.parse_args()

    allowed = allowed_names()
    if not refused(undefined_symbols(options.nm, options.must_refuse), allowed, options.sanitized):
        print(f"The check does not work: it is content with {options.must_refuse.name}, which allocates.")
        return 1
    symbols = undefined_symbols(options.nm, options.object)
    if not symbols >= EXPECTED:
        print(f"{options.object.name} calls no {' and no '.join(sorted(EXPECTED))}: this is not the child's object.")
        return 1
    return tree.conclude(
        (f"{options.object.name} needs {name}" for name in refused(symbols, allowed, options.sanitized)),
        "Compute it before the fork and put the result into LaunchPlan; or, if signal-safety(7) or the C library's "
        f"source says that it is safe in a forked child, add it to {tree.shown(ALLOWED)} with that reason. "
        "(c++filt shows the C++ names.)",
    )


if __name__ == "__main__":
    sys.exit(main())
