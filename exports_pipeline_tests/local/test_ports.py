"""Ports of the stack's own are free, told apart, and outside of those that outgoing connections are given."""

import socket
from pathlib import Path

import pytest

from exports_pipeline.local.ports import free_ports, is_free, remembered_port

GIVEN_OUT = Path("/proc/sys/net/ipv4/ip_local_port_range")


def test_ports_are_free_and_all_different():
    ports = free_ports(50)
    assert len(set(ports)) == 50
    assert all(map(is_free, ports))


@pytest.mark.skipif(not GIVEN_OUT.exists(), reason="only Linux tells which ports it gives to outgoing connections")
def test_no_outgoing_connection_can_take_a_port_before_its_server():
    first = int(GIVEN_OUT.read_text(encoding="ascii").split()[0])
    if first < 32_000:
        pytest.skip("this system gives out ports from below the usual 32768")
    assert max(free_ports(50)) < first


def test_a_part_keeps_its_port_until_somebody_takes_it(tmp_path):
    port = remembered_port(tmp_path, "postgres")
    assert remembered_port(tmp_path, "postgres") == port
    assert remembered_port(tmp_path, "broker") != port
    with socket.create_server(("127.0.0.1", port)):
        assert remembered_port(tmp_path, "postgres") != port
