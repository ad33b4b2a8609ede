"""Fixtures of the integration tests. They run as root in the test machine: ./dev test integration."""

from collections.abc import Iterator

import pytest

from harness import in_test_machine
from harness.journal import Journal
from harness.process import Process, proxy, supervisor
from harness.puppet import Puppet
from harness.state import Found, known_state


def pytest_sessionstart() -> None:
    if not in_test_machine():
        pytest.exit("these tests stop services and user sessions: they run in the test machine alone, by "
                    "./dev test integration", returncode=3)


# A test that did not run has shown nothing: skip and xfail count as failures.
@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    return no_excuse(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    return no_excuse(report)


def no_excuse(report):
    if report.outcome == "skipped" or hasattr(report, "wasxfail"):
        reason = getattr(report, "wasxfail", report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"skip and xfail are not allowed here: {reason}"
        if hasattr(report, "wasxfail"):
            del report.wasxfail
    return report


@pytest.fixture(scope="session", autouse=True)
def machine() -> Iterator[None]:
    """Leaves the machine as it was."""
    found = Found()
    yield
    found.restore()


@pytest.fixture(scope="module")
def caddy(machine) -> Process:
    """The main process of a caddy.service that was just started and that the module's tests only look at."""
    known_state(caddy=True)
    return supervisor()


@pytest.fixture(scope="module")
def caddy_proxy(caddy) -> Process:
    """Caddy itself."""
    return proxy()


@pytest.fixture
def fresh_caddy(machine) -> Process:
    """As `caddy`, for a test that changes something."""
    known_state(caddy=True)
    return supervisor()


@pytest.fixture
def idle(machine) -> None:
    """whoami answers, caddy.socket listens, caddy.service is stopped."""
    known_state(caddy=False)


@pytest.fixture(scope="module")
def all_idle(machine) -> None:
    """As `idle`, for tests that change nothing of it, or use `idle_again`."""
    known_state(caddy=False)


@pytest.fixture
def idle_again(all_idle) -> Iterator[None]:
    """For a test that takes something down which the tests after it need."""
    yield
    known_state(caddy=False)


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture(scope="module")
def puppet_unit(machine) -> Iterator[Puppet]:
    puppet = Puppet()
    yield puppet
    puppet.remove()


@pytest.fixture
def puppet(puppet_unit, idle) -> Iterator[Puppet]:
    """Without a configuration yet: each test says which one it needs."""
    yield puppet_unit
    puppet_unit.rest()
