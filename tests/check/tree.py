"""The project's files, and how a check says what it found."""

from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Made by ./dev, git, Python and editors; nothing in them is ours.
FOREIGN = {".dev", ".git", "__pycache__", ".pytest_cache", ".cache", ".idea", ".vscode"}

CPP = ("*.cpp", "*.hpp")


def files(*patterns: str, root: Path = ROOT) -> list[Path]:
    """The files that match one of the patterns (PurePath.match; all files without one), sorted."""
    return sorted(path for path in _walk(root) if not patterns or any(path.match(each) for each in patterns))


def scripts(language: str, *patterns: str) -> list[Path]:
    """The files that match one of the patterns, or whose first line asks for an interpreter of that name."""
    return sorted({*files(*patterns), *(path for path in files() if language in _interpreter(path))})


def _walk(directory: Path) -> Iterator[Path]:
    for entry in directory.iterdir():
        if entry.is_symlink() or entry.name in FOREIGN:
            continue
        # A directory with a CMake cache is a build, whatever its name.
        if entry.is_dir() and not (entry / "CMakeCache.txt").exists():
            yield from _walk(entry)
        elif entry.is_file():
            yield entry


def _interpreter(path: Path) -> str:
    with path.open("rb") as file:
        first = file.readline(100)
    return first.decode(errors="replace").strip() if first.startswith(b"#!") else ""


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def conclude(findings: Iterable[str], advice: str) -> int:
    """Prints the findings and what to do about them. Returns the exit status of the check."""
    found = list(findings)
    for finding in found:
        print(finding)
    if found:
        print(f"{len(found)} finding{'s' if len(found) > 1 else ''}. {advice}")
    return 1 if found else 0
