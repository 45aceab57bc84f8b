"""Which hosts messages may go to."""

import pytest

from exports_pipeline.adapters.target_guard import TargetGuard, is_public
from exports_pipeline.core.errors import DeliveryUnavailable, TargetForbidden

PRIVATE = [
    "127.0.0.1",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "::1",
    "fe80::1",
    "fc00::1",
    "ff02::1",
    "::ffff:10.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "64:ff9b:1::a9fe:a9fe",
    "::127.0.0.1",
    "::ffff:0:10.0.0.1",
    "fec0::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_only_we_can_reach_is_refused(address):
    with pytest.raises(TargetForbidden, match="EXPORTS_ALLOW_PRIVATE_TARGETS"):
        TargetGuard(allow_private=False).resolve(address, 443)


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f.1", "[::1]", "127.1"])
def test_other_spellings_of_loopback_are_refused_too(host):
    with pytest.raises(TargetForbidden):
        TargetGuard(allow_private=False).resolve(host, 443)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_pass(address):
    assert is_public(address)


def test_private_addresses_pass_where_the_deployment_allows_them():
    assert TargetGuard(allow_private=True).resolve("127.0.0.1", 443) == "127.0.0.1"


def test_a_name_that_does_not_exist_is_worth_another_try():
    with pytest.raises(DeliveryUnavailable, match=r"no-such-host\.invalid"):
        TargetGuard(allow_private=False).resolve("no-such-host.invalid", 443)
