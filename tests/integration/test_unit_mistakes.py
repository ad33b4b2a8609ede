"""A unit that lacks something the supervisor needs: it fails closed and says which directive is meant."""

import pytest

from harness.podman import gateway
from harness.puppet import puppet_command
from harness.systemd import active, wait_for_status

READY_ON_EXEC = puppet_command() + '\nready = "exec"'


def test_without_the_bound_resolv_conf_nothing_is_started(puppet, journal):
    puppet.install(READY_ON_EXEC, unit_lines="BindReadOnlyPaths=")
    assert puppet.try_start().returncode == 1
    assert puppet.show("ExecMainStatus") == "71"
    line = journal.supervisor_lines()[-1]
    assert "cannot create a mount namespace for resolv.conf (unshare): Operation not permitted" in line
    assert "(BindReadOnlyPaths=), or set dns = false" in line


def test_with_dns_off_the_bound_resolv_conf_is_not_needed(puppet):
    puppet.install(READY_ON_EXEC, "dns = false", unit_lines="BindReadOnlyPaths=")
    puppet.start()
    with open("/etc/resolv.conf") as hosts:
        assert puppet.evaluate("read('/etc/resolv.conf')") == hosts.read()


@pytest.mark.parametrize("lines, step", [
    ("RestrictNamespaces=net", "user namespace (setns)"),
    ("RestrictNamespaces=user", "network namespace (setns)"),
    ("RestrictNamespaces=yes", "user namespace (setns)"),
])
def test_without_leave_to_enter_podmans_namespaces_nothing_is_started(puppet, journal, lines, step):
    puppet.install(READY_ON_EXEC, unit_lines=f"RestrictNamespaces=\n{lines}")
    assert puppet.try_start().returncode == 1
    assert puppet.show("ExecMainStatus") == "71"
    line = journal.supervisor_lines()[-1]
    assert f"cannot enter Podman's {step}: Operation not permitted" in line
    assert "RestrictNamespaces=" in line


def test_without_leave_to_filter_system_calls_nothing_is_started(puppet, journal):
    puppet.install(READY_ON_EXEC, unit_lines="SystemCallFilter=~seccomp")
    assert puppet.try_start().returncode == 1
    assert puppet.show("ExecMainStatus") == "71"
    line = journal.supervisor_lines()[-1]
    assert "cannot load the seccomp filter: Operation not permitted" in line
    assert "SystemCallFilter= of the unit must allow seccomp" in line


def test_without_the_door_to_the_runtime_directory_it_waits_and_says_what_the_unit_needs(puppet):
    puppet.install(READY_ON_EXEC, unit_lines="OpenFile=")
    puppet.begin_to_start()
    status = wait_for_status(puppet.unit, "Permission denied")
    assert "the unit needs OpenFile=/run/user:user-runtime:read-only" in status
    assert active(puppet.unit) == "activating"


def test_with_users_of_its_own_it_waits_and_says_what_the_unit_must_not_have(puppet):
    puppet.install(READY_ON_EXEC, unit_lines="PrivateUsers=yes")
    puppet.begin_to_start()
    assert "PrivateUsers=" in wait_for_status(puppet.unit, "(is PrivateUsers= on in the unit?)")


def test_a_door_to_another_directory_is_refused(puppet, journal):
    puppet.install(READY_ON_EXEC, unit_lines="OpenFile=\nOpenFile=/srv:user-runtime:read-only")
    assert puppet.try_start().returncode == 1
    assert "is not below '/srv', the directory that OpenFile= of the unit opens" in journal.supervisor_lines()[-1]


def test_without_a_private_network_the_proxy_is_in_the_containers_all_the_same(puppet):
    puppet.install(READY_ON_EXEC, unit_lines="PrivateNetwork=no")
    puppet.start()
    assert puppet.evaluate("read('/etc/resolv.conf')").endswith(f"nameserver {gateway()}\n")


def test_the_network_of_the_configuration_is_waited_for(puppet):
    puppet.install(READY_ON_EXEC, 'network = "no-such-network"')
    puppet.begin_to_start()
    wait_for_status(puppet.unit, "waiting for a container on network 'no-such-network'")
    assert active(puppet.unit) == "activating"


def test_a_network_of_the_configuration_that_is_there_is_used(puppet):
    puppet.install(READY_ON_EXEC, 'network = "systemd-mynet"')
    puppet.start()
    assert puppet.evaluate("read('/etc/resolv.conf')").endswith(f"nameserver {gateway()}\n")
