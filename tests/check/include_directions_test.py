"""Every rule of include_directions.py refuses what it is there to refuse, and lets the rest pass."""

import tempfile
import unittest
from pathlib import Path

import include_directions

HEADERS = {
    "policy/seccomp.hpp": "#include <vector>\n",
    "supervisor/app.hpp": "",
    "supervisor/base/error.hpp": "#include <string>\n",
    "supervisor/base/log.hpp": "#include <spdlog/spdlog.h>\n",
    "supervisor/base/wrapped.hpp": '#include "supervisor/base/loop.hpp"\n',
    "supervisor/base/loop.hpp": "#include <systemd/sd-event.h>\n",
    "supervisor/config/config.hpp": "",
    "supervisor/launch/child.hpp": "",
    "supervisor/launch/compile.hpp": "",
    "supervisor/launch/plan.hpp": "",
    "supervisor/podman/names.hpp": "",
    "supervisor/service/health.hpp": "",
    "supervisor/service/machine.hpp": "",
}

RIGHT = [
    ("policy/a.cpp", '"supervisor/base/error.hpp"'),
    ("policy/a.cpp", "<seccomp.h>"),
    ("supervisor/app.cpp", '"supervisor/podman/names.hpp"'),
    ("supervisor/base/loop.cpp", "<systemd/sd-event.h>"),
    ("supervisor/config/a.cpp", "<toml++/toml.hpp>"),
    ("supervisor/health/a.cpp", '"supervisor/service/health.hpp"'),
    ("supervisor/launch/child.cpp", '"supervisor/launch/plan.hpp"'),
    ("supervisor/launch/child.cpp", "<sys/prctl.h>"),
    ("supervisor/launch/child.cpp", "<cerrno>"),
    ("supervisor/launch/compile.cpp", '"policy/seccomp.hpp"'),
    ("supervisor/probe/a.cpp", "<curl/curl.h>"),
    ("supervisor/runtime.cpp", '"supervisor/config/config.hpp"'),
    ("supervisor/service/a.cpp", '"supervisor/base/error.hpp"'),
    ("supervisor/service/a.cpp", "<csignal>"),
    ("tests/unit/a.cpp", '"supervisor/app.hpp"'),
    ("tests/unit/a.cpp", "<toml++/toml.hpp>"),
]

WRONG = [
    ("policy/a.cpp", '"supervisor/config/config.hpp"'),
    ("supervisor/base/a.hpp", '"policy/seccomp.hpp"'),
    ("supervisor/base/a.hpp", '"supervisor/service/machine.hpp"'),
    ("supervisor/cli.cpp", '"supervisor/config/config.hpp"'),
    ("supervisor/cli.cpp", "<toml++/toml.hpp>"),
    ("supervisor/config/a.cpp", '"supervisor/podman/names.hpp"'),
    ("supervisor/config/a.cpp", "<CLI/CLI.hpp>"),
    ("supervisor/health/a.cpp", '"supervisor/podman/names.hpp"'),
    ("supervisor/health/a.cpp", "<curl/curl.h>"),
    ("supervisor/launch/a.cpp", '"supervisor/service/machine.hpp"'),
    ("supervisor/launch/a.cpp", '"supervisor/base/log.hpp"'),
    ("supervisor/launch/a.cpp", "<seccomp.h>"),
    ("supervisor/launch/child.cpp", '"supervisor/launch/compile.hpp"'),
    ("supervisor/launch/child.cpp", '"supervisor/base/error.hpp"'),
    ("supervisor/launch/child.cpp", "<string>"),
    ("supervisor/launch/child.cpp", "<systemd/sd-daemon.h>"),
    ("supervisor/notify/a.cpp", '"supervisor/launch/plan.hpp"'),
    ("supervisor/podman/a.cpp", '"supervisor/app.hpp"'),
    ("supervisor/podman/a.cpp", "<spdlog/spdlog.h>"),
    ("supervisor/probe/a.cpp", '"supervisor/config/config.hpp"'),
    ("supervisor/runtime.cpp", '"supervisor/launch/plan.hpp"'),
    ("supervisor/service/a.cpp", '"supervisor/podman/names.hpp"'),
    ("supervisor/service/a.cpp", '"supervisor/base/loop.hpp"'),
    ("supervisor/service/a.cpp", '"supervisor/base/wrapped.hpp"'),
    ("supervisor/service/a.cpp", "<systemd/sd-event.h>"),
    ("supervisor/service/a.cpp", "<unistd.h>"),
    ("supervisor/app.cpp", '"../policy/seccomp.hpp"'),
    ("supervisor/app.cpp", '"app.hpp"'),
    ("supervisor/app.cpp", "SOME_MACRO"),
    ("supervisor/elsewhere/a.cpp", "<vector>"),
    ("supervisor/new_file.cpp", "<vector>"),
    ("elsewhere/a.cpp", "<vector>"),
]


def findings(file: str, included: str) -> list[str]:
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        for name, text in {**HEADERS, file: f"// first line\n  #  include {included}\n"}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        return list(include_directions.check(root))


class IncludeDirections(unittest.TestCase):
    def test_lets_right_includes_pass(self):
        for file, included in RIGHT:
            with self.subTest(file=file, included=included):
                self.assertEqual(findings(file, included), [])

    def test_names_file_and_line_of_wrong_includes(self):
        for file, included in WRONG:
            with self.subTest(file=file, included=included):
                found = findings(file, included)
                self.assertEqual(len(found), 1, found)
                self.assertTrue(found[0].startswith((f"{file}:2: ", f"{file}: no rule")), found)

    def test_finds_the_rules_of_every_folder(self):
        for place in include_directions.RULES:
            path = include_directions.tree.ROOT / place
            exists = path.exists() or path.with_suffix(".cpp").exists()
            self.assertTrue(exists, f"there is no {place}: its row guards nothing")


if __name__ == "__main__":
    unittest.main()
