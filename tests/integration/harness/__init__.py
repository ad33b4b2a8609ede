"""What the integration tests share: commands, systemd, the journal, processes, requests, Podman, the puppet."""

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
MACHINE_SCRIPTS = PROJECT / "tests/machine/inside"

USER = "test"
UID = 1000
RUNTIME_DIR = Path(f"/run/user/{UID}")

# Of the machine itself and of the other computer on its network; tests/machine/inside/other_computer.sh.
MACHINE_ADDRESS = "192.0.2.5"
OTHER_ADDRESS = "192.0.2.18"


def in_test_machine() -> bool:
    """The tests stop services, user managers and containers: nothing to do on a computer that someone uses."""
    return os.geteuid() == 0 and Path("/run/machine/proc/self").exists() and Path(f"/home/{USER}").is_dir()
