"""Each rule of text_rules.py refuses what it is there to refuse, and lets the rest pass."""

import tempfile
import unittest
from pathlib import Path
from unittest import mock

import text_rules
import tree


class TextRules(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = Path(directory.name)
        patch = mock.patch.object(tree, "ROOT", self.root)
        patch.start()
        self.addCleanup(patch.stop)
        (self.root / "man").mkdir()
        (self.root / "guide.md").write_text("# The `guide`: part 1\n")

    def lines(self, rule: str, text: str, name: str = "file.md") -> list[int]:
        """The lines in which the rule finds something."""
        path = self.root / name
        path.write_text(text)
        return [line for line, _ in text_rules.RULES[rule].find(text, path)]

    def test_whitespace(self):
        self.assertEqual(self.lines("whitespace", "right\n"), [])
        self.assertEqual(self.lines("whitespace", ""), [])
        self.assertEqual(self.lines("whitespace", "whoami {\n\trespond 200\n}\n", "Caddyfile"), [])
        self.assertEqual(self.lines("whitespace", "right\na\ttab\n"), [2])
        self.assertEqual(self.lines("whitespace", "blank \nright\nreturn\r\n"), [1, 3])
        self.assertEqual(self.lines("whitespace", "no newline"), [1])
        self.assertEqual(self.lines("whitespace", "two newlines\n\n"), [3])

    def test_markers(self):
        self.assertEqual(self.lines("markers", "mktemp /tmp/XXXXXX\ntodos\n"), [])
        self.assertEqual(self.lines("markers", "right\n// TO" "DO: later\n# FIX" "ME\n"), [2, 3])

    def test_length(self):
        most = "code;\n\n// comment\n" * text_rules.MAX_LINES
        self.assertEqual(self.lines("length", most, "file.cpp"), [])
        self.assertNotEqual(self.lines("length", most + "code;\n", "file.cpp"), [])

    def test_syntax(self):
        for name, right, wrong in (
            ("file.toml", "a = 1\n", "a = 1\nb\n"),
            ("file.json", '{"a": 1}\n', '{"a": 1,}\n'),
            ("file.py", "a = 1\n", "a = 1\nif\n"),
            ("script", "#!/usr/bin/env python3\n", "#!/usr/bin/env python3\nif\n"),
        ):
            with self.subTest(name=name):
                self.assertEqual(self.lines("syntax", right, name), [])
                self.assertNotEqual(self.lines("syntax", wrong, name), [])

    def test_links_that_lead_somewhere(self):
        for text in (
            "[guide](guide.md), ![a picture](man)\n",
            "[part](guide.md#the-guide-part-1)\n# Here\n[above](#here)\n",
            "[site](https://example.com/nowhere.md) [mail](mailto:nobody@example.com)\n",
            "[guide][1]\n\n[1]: guide.md\n",
            "`[code](nowhere.md)` and [this](guide.md)\n```\n[code](nowhere.md)\n```\n",
        ):
            with self.subTest(text=text):
                self.assertEqual(self.lines("links", text), [])

    def test_links_that_lead_nowhere(self):
        for text in (
            "[a](nowhere.md)\n",
            "[a](guide.md), [b](nowhere.md)\n",
            '[a](nowhere.md "with a title")\n',
            "[a](guide.md#nothing)\n",
            "[a](#nothing)\n",
            "[a](../../../../../etc/passwd)\n",
            "[a]: nowhere.md\n",
            "![picture](nowhere.png)\n",
        ):
            with self.subTest(text=text):
                self.assertEqual(self.lines("links", text), [1])
        self.assertEqual(self.lines("links", "```\ncode\n```\n[a](nowhere.md)\n"), [4])

    def test_manual_references(self):
        (self.root / "man" / "supervisorctl.1").write_text("")
        text = ".Xr supervisorctl 1 ,\n.Xr systemd 1\n.Xr supervisorctl 8\n.Xr rootless-supervisor.toml 5\n"
        self.assertEqual(self.lines("manual-references", text, "man/file.8"), [3, 4])

    def test_files_that_are_no_text_are_left_out(self):
        path = self.root / "picture"
        path.write_bytes(b"\x89PNG\0 \n")
        self.assertEqual(list(text_rules.check(text_rules.RULES["whitespace"], [path])), [])

    def test_a_rule_without_files_is_a_finding(self):
        self.assertEqual(len(list(text_rules.check(text_rules.RULES["links"], []))), 1)


class Tree(unittest.TestCase):
    def test_leaves_out_what_is_not_ours(self):
        with tempfile.TemporaryDirectory() as directory:
            root = Path(directory)
            for name in ("a.cpp", "sub/b.hpp", ".ci/run", ".dev/c.cpp", "my-build/CMakeCache.txt", "my-build/d.cpp"):
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text("")
            (root / "link.cpp").symlink_to("a.cpp")
            found = [str(path.relative_to(root)) for path in tree.files(root=root)]
            self.assertEqual(found, [".ci/run", "a.cpp", "sub/b.hpp"])
            self.assertEqual([path.name for path in tree.files(*tree.CPP, root=root)], ["a.cpp", "b.hpp"])


if __name__ == "__main__":
    unittest.main()
