"""Who is dialled and how: TLS with which authority, plain HTTP where it may be, and nobody else."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from certs.authority import make_authority, make_leaf
from certs.pair import Pair
from tests.evidence.asking import PLACE, registry
from tests.evidence.behaviours import redirect, status
from tests.evidence.conftest import Dialled
from tests.evidence.fake_registry import FakeRegistry
from tests.evidence.fetching import fetched, unavailable
from tests.evidence.loopback import serving
from webhook.errors import RulesError
from webhook.evidence.connections import Pools
from webhook.evidence.failures import Misconfigured, NotAvailable
from webhook.evidence.registry import RegistryClient
from webhook.source.problem import Problem

NOW = datetime.now(UTC)


@contextmanager
def secure(leaf: Pair) -> Iterator[str]:
    """A registry with TLS that has the blob."""
    fake = FakeRegistry()
    fake.blob(b"hello")
    with serving(fake, leaf) as host:
        yield host


AUTHORITY = make_authority(NOW)
LEAF = make_leaf(AUTHORITY, ["127.0.0.1"], NOW)


def test_a_certificate_of_the_declared_authority_is_accepted() -> None:
    with secure(LEAF) as host:
        assert fetched(registry(host, ca=AUTHORITY.certificate), host) == b"hello"


def test_a_bundle_may_hold_several_authorities() -> None:
    with secure(LEAF) as host:
        bundle = make_authority(NOW).certificate + AUTHORITY.certificate
        assert fetched(registry(host, ca=bundle), host) == b"hello"


@pytest.mark.parametrize(
    ("leaf", "reason"),
    [
        (make_leaf(AUTHORITY, ["127.0.0.1"], NOW - timedelta(days=9)), "certificate has expired"),
        (make_leaf(AUTHORITY, ["127.0.0.1"], NOW + timedelta(days=9)), "certificate is not yet valid"),
        (make_leaf(make_authority(NOW), ["127.0.0.1"], NOW), "unable to get local issuer certificate"),
        (
            make_leaf(AUTHORITY, ["registry.corp"], NOW),
            "IP address mismatch, certificate is not valid for '127.0.0.1'.",
        ),
    ],
    ids=["expired", "not yet valid", "of another authority", "for another name"],
)
def test_a_certificate_that_does_not_hold_is_unavailable_and_says_why(leaf: Pair, reason: str) -> None:
    with secure(leaf) as host:
        said = unavailable(registry(host, ca=AUTHORITY.certificate), host)
    assert said == f"{host} cannot be reached: its certificate does not hold ({reason})"


def test_public_authorities_do_not_speak_for_a_registry_with_its_own(dialled: Dialled) -> None:
    pools = Pools(registry("registry.corp", ca=AUTHORITY.certificate))
    own, others = (pools.of(which)._pool._ssl_context for which in (True, False))
    assert own is not None
    assert others is not None
    assert len(own.get_ca_certs()) == 1
    assert len(others.get_ca_certs()) > 50


def test_a_server_without_tls_is_not_spoken_to_in_the_clear(full: FakeRegistry) -> None:
    said = unavailable(registry(full.host, ca=AUTHORITY.certificate), full.host)
    assert said == f"{full.host} cannot be reached: it does not speak TLS as we do"
    assert full.asked == []


@pytest.mark.parametrize(
    "bundle", [b"hunter2", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", b"\xff"]
)
def test_a_bundle_that_holds_no_certificates_is_told_at_its_place(bundle: bytes) -> None:
    with pytest.raises(RulesError) as caught:
        RegistryClient([registry("registry.corp", ca=bundle)])
    assert caught.value.problems == (
        Problem(
            "`ca` ca.pem holds no certificates that can be used",
            PLACE,
            help="put PEM certificates there, one after the other",
        ),
    )


def test_a_host_that_is_declared_twice_is_told() -> None:
    with pytest.raises(RulesError) as caught:
        RegistryClient([registry("registry.corp", "one"), registry("registry.corp", "two")])
    assert caught.value.problems == (Problem("Registry one has this host already", PLACE, help="keep one of the two"),)


def dialled_for(host: str, dialled: Dialled, *declared: Any) -> list[str]:
    dialled.silent.update(
        f"{name}:{port}" for name in (host, "registry-1.docker.io", "mirror.corp") for port in (80, 443)
    )
    with pytest.raises(NotAvailable):
        fetched(list(declared), host, 0.3)
    return dialled.hosts


def test_a_registry_is_dialled_with_tls(dialled: Dialled) -> None:
    assert dialled_for("registry.corp", dialled, registry("registry.corp")) == ["registry.corp:443"]


def test_a_registry_is_dialled_plainly_where_it_is_declared_insecure(dialled: Dialled) -> None:
    assert dialled_for("registry.corp", dialled, registry("registry.corp", insecure=True)) == ["registry.corp:80"]


def test_a_mirror_of_an_insecure_registry_is_not_insecure(dialled: Dialled) -> None:
    declared = registry("registry.corp", insecure=True, mirrors=["mirror.corp"])
    assert dialled_for("registry.corp", dialled, declared) == ["registry.corp:80", "mirror.corp:443"]


def test_a_mirror_with_a_document_of_its_own_is_dialled_as_that_says(dialled: Dialled) -> None:
    declared = registry("registry.corp", mirrors=["mirror.corp"])
    mirror = registry("mirror.corp", "mirror", insecure=True)
    assert dialled_for("registry.corp", dialled, declared, mirror) == ["registry.corp:443", "mirror.corp:80"]


def test_docker_hub_is_dialled_where_it_serves_its_images(dialled: Dialled) -> None:
    assert dialled_for("docker.io", dialled, registry("docker.io")) == ["registry-1.docker.io:443"]


@pytest.mark.parametrize("name", ["localhost", "127.0.0.2"])
def test_loopback_may_be_plain(name: str, full: FakeRegistry, dialled: Dialled) -> None:
    port = full.host.partition(":")[2]
    dialled.names[f"{name}:{port}"] = full.host
    assert fetched(registry(f"{name}:{port}"), f"{name}:{port}") == b"hello"


def test_plain_http_elsewhere_is_not_followed(dialled: Dialled) -> None:
    fake = FakeRegistry()
    fake.instead["/blobs/"] = redirect("http://blobs.corp/x")
    with serving(fake, LEAF) as host:
        declared = registry(host, ca=AUTHORITY.certificate, redirect_hosts=["blobs.corp"])
        with pytest.raises(Misconfigured) as caught:
            fetched(declared, host)
    assert caught.value.reason == f'{host} redirects to plain HTTP at "blobs.corp"'
    assert dialled.hosts == [host]


def test_no_login_is_sent_in_the_clear_to_a_token_service(dialled: Dialled) -> None:
    fake = FakeRegistry()
    fake.instead["/blobs/"] = status(401, www_authenticate='Bearer realm="http://auth.corp/token"')
    with serving(fake, LEAF) as host:
        declared = registry(host, ca=AUTHORITY.certificate, token_realms=["http://auth.corp/token"])
        with pytest.raises(Misconfigured, match="wants a token from"):
            fetched(declared, host)
    assert dialled.hosts == [host]


def test_a_handshake_that_never_ends_costs_no_more_than_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        host = f"127.0.0.1:{listening.getsockname()[1]}"
        open_before = len(os.listdir("/proc/self/fd"))
        said = unavailable(registry(host, ca=AUTHORITY.certificate), host, 0.3)
        assert len(os.listdir("/proc/self/fd")) == open_before  # without waiting for the garbage to be collected
    assert said == f"{host} did not answer in time"
