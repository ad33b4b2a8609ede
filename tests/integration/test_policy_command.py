"""rootless-supervisor policy: what a person sees of a policy, on the command line."""

import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import USER
from harness.command import Answer, attempt

OWN = Path("/etc/rootless-supervisor/policy")
CONTAINERS_DEFAULT = "/usr/share/containers/seccomp.json"
INSTRUCTION = struct.Struct("=HBBI")  # struct sock_filter, linux/filter.h
RETURN = 0x06


def policy(*words: str, user: str = USER) -> Answer:
    return attempt("rootless-supervisor", "policy", *words, user=user)


@pytest.fixture
def own_profile() -> Iterator[str]:
    OWN.mkdir()
    path = OWN / "mine.toml"
    path.write_text('description = "of the administrator"\ninclude = ["caddy"]\n\n'
                    '[[calls]]\nnames = ["chroot"]\naction = "allow"\n')
    for each in (OWN, path):
        each.chmod(0o755 if each.is_dir() else 0o644)
    yield path.stem
    path.unlink()
    OWN.rmdir()


def test_list_has_the_shipped_profiles_and_the_administrators(own_profile):
    answer = policy("list")
    assert answer.returncode == 0
    lines = answer.stdout.splitlines()
    assert [line.split()[0] for line in lines] == [
        "base", "caddy", "files", "generic", "go", "haproxy", "mine", "nginx", "traefik"]
    assert f"mine       of the administrator ({OWN}/mine.toml)" in lines


def test_show_says_everything_in_words():
    answer = policy("show", "caddy")
    assert (answer.returncode, answer.stderr) == (0, "")
    for text in ("caddy: Caddy\n", "every other call: errno:EPERM\n", "  @basic-io (", "capabilities: none\n",
                 "may open TCP ports: not restricted\n", "kill: "):
        assert text in answer.stdout


def test_show_of_a_configuration_has_its_wishes():
    answer = policy("show", "--config", "/etc/rootless-supervisor/caddy.toml")
    assert answer.returncode == 0
    assert answer.stdout.startswith("caddy: Caddy\n")


def test_diff_ends_as_diff_does(own_profile):
    assert policy("diff", "caddy", "caddy").returncode == 0
    answer = policy("diff", "caddy", own_profile)
    assert (answer.returncode, answer.stdout) == (1, "chroot: errno:EPERM -> allow\n")


def test_check_takes_profiles_of_both_formats_and_says_where_one_is_wrong(own_profile, tmp_path):
    assert policy("check", CONTAINERS_DEFAULT).stdout == f"{CONTAINERS_DEFAULT}: OK\n"
    assert policy("check", str(OWN / "mine.toml")).returncode == 0
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('default = "errno:EPERM"\n[[calls]]\nnames = ["opnat"]\naction = "allow"\n')
    answer = policy("check", str(wrong), user="root")
    assert answer.returncode == 78
    assert f"{wrong}:3:10: 'opnat' is no system call; did you mean 'openat'?" in answer.stderr


def test_compile_writes_what_the_kernel_takes_and_what_a_person_can_read(tmp_path):
    file = tmp_path / "caddy.bpf"
    assert policy("compile", "caddy", "--bpf", str(file), user="root").returncode == 0
    instructions = list(INSTRUCTION.iter_unpack(file.read_bytes()))
    assert instructions[-1][0] == RETURN
    lines = policy("compile", "caddy").stdout.splitlines()
    assert len(lines) == len(instructions)
    assert any(line.endswith("# openat") for line in lines)


def test_explain_says_how_each_profile_answers():
    answer = policy("explain", "setns")
    assert answer.returncode == 0
    assert "caddy: kill\n" in answer.stdout


@pytest.mark.parametrize("words, status, message", [
    (("show", "cady"), 78, "there is no policy profile 'cady'; did you mean 'caddy'?"),
    (("explain", "opnat"), 64, "'opnat' is no system call; did you mean 'openat'?"),
    (("show",), 64, "policy show needs either PROFILE or --config FILE"),
    (("check", "/nonexistent.toml"), 78, "cannot read policy profile '/nonexistent.toml': No such file or directory"),
    ((), 64, "subcommand is required"),
])
def test_a_mistake_is_one_line(words, status, message):
    answer = policy(*words)
    assert answer.returncode == status
    assert message in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_check_of_a_configuration_tells_what_is_risky(tmp_path):
    config = tmp_path / "c.toml"
    config.write_text("[proxy]\ncommand = ['/bin/true']\n[policy]\nallow = ['unshare']\n")
    answer = attempt("rootless-supervisor", "check", "--config", str(config))
    assert (answer.returncode, answer.stdout) == (0, f"{config}: OK\n")
    assert f"{config}: [policy] allow: 'unshare' can lead out of the sandbox\n" in answer.stderr
