"""Two replicas behind a balancer, as a Service puts them: whatever is done to them, nobody outside notices.

The API server keeps its connections to the balancer, and the balancer keeps each of them on the replica that it went to
first, as a Service does. So a restart is about connections that are in use.
"""

from __future__ import annotations

import signal
import ssl
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from tests.e2e.balancer import Balancer
from tests.e2e.cluster import REGISTRATIONS, Answer, Cluster
from tests.e2e.doorward import Doorward, asked, doorward, folder_in
from tests.e2e.objects import BAD, GOOD, Json, pod, pods
from tests.e2e.stream import Create, Stream
from tests.e2e.waiting import poll

NAMESPACE = "replicas"
CONFIGURATIONS = ("mutatingwebhookconfigurations/doorward-mutate", "validatingwebhookconfigurations/doorward-validate")
FORBIDDEN_LATER = "registry.corp.example/retired:1"
RULES = """
apiVersion: doorward.dev/v1
kind: Policy
metadata: {name: registries}
spec:
  title: Images come from our registry
  why: Images from elsewhere have not been scanned.
  owner: {team: platform-security}
  rules:
  - name: from-ours
    images: {from: [registry.corp.example]}
  - name: completed
    defaults: {default: {containers: {securityContext: {allowPrivilegeEscalation: false}}}}
"""
STRICTER = RULES.replace("from: [", "notFrom: [registry.corp.example/retired], from: [")
BROKEN = STRICTER.replace("images:", "imagse:")
ABOUT_SERVICES = """
---
apiVersion: doorward.dev/v1
kind: Policy
metadata: {name: services}
spec:
  title: Services stay inside
  why: Only the gateway faces the internet.
  owner: {team: platform-security}
  match: {kinds: [Service]}
  rules:
  - name: no-load-balancer
    fields: [{object: spec.type, notIn: [LoadBalancer]}]
"""
DENIED, COMPLETED = "from-ours", {"allowPrivilegeEscalation": False}


class Replicas:
    """Two replicas with the same rules folder and certificate, behind a balancer that the API server asks."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.cluster, self.rules, self.tls = cluster, folder / "rules", folder / "tls"
        self.rules.mkdir()
        self.edit(RULES)
        self.certs("init", "--local")
        self.folders = [folder_in(cluster), folder_in(cluster)]
        self.running = [self.begin(number).ready() for number in range(2)]
        self.balancer = Balancer([one.backend for one in self.running])

    def begin(self, number: int, ports: tuple[int, int] = (0, 0)) -> Doorward:
        tls = (f"--tls-cert={self.tls / 'tls.crt'}", f"--tls-key={self.tls / 'tls.key'}", "--drain-seconds=2")
        known = (f"--policies={self.rules}", f"--kubeconfig={self.cluster.kubeconfig()}")
        return Doorward(self.folders[number], *known, *tls, ports=ports)

    def begin_again(self, number: int) -> None:
        """Start a replica that has ended on the ports that it had, and wait until it is asked."""
        old = self.running[number]
        ports = old.backend.port, int(old.backend.readyz.split(":")[2].partition("/")[0])
        self.running[number] = self.begin(number, ports).ready()
        self.both_are_asked()

    def both_are_asked(self) -> None:
        self.balancer.wait_for(*(one.backend for one in self.running))

    def edit(self, text: str) -> None:
        """Put the rules in place as one change."""
        (self.rules / "rules.yaml.new").write_text(text)
        (self.rules / "rules.yaml.new").rename(self.rules / "rules.yaml")

    def rules_parts(self) -> list[Json]:
        return [one.parts()["rules"] for one in self.running]

    def certs(self, action: str, *words: str) -> str:
        ended = doorward("certs", action, self.tls, *words)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def served(self) -> list[x509.Certificate]:
        """The certificates that the replicas show at this moment."""
        addresses = [("127.0.0.1", one.port) for one in self.running]
        return [x509.load_pem_x509_certificate(ssl.get_server_certificate(at).encode()) for at in addresses]

    def wait_for_leaf(self) -> None:
        """Wait until both show the certificate that stands in the folder now."""
        leaf = x509.load_pem_x509_certificate((self.tls / "tls.crt").read_bytes())
        poll(lambda: self.served() == [leaf, leaf], "the new certificate is not served")

    def publish_bundle(self) -> int:
        """Put the bundle into both configurations; return how many authorities are in it."""
        bundle = (self.tls / "bundle.crt").read_bytes()
        change = [{"op": "replace", "path": "/webhooks/0/clientConfig/caBundle", "value": b64encode(bundle).decode()}]
        for path in (
            "mutatingwebhookconfigurations/doorward-mutate",
            "validatingwebhookconfigurations/doorward-validate",
        ):
            address = f"{REGISTRATIONS}/{path}"
            answer = self.cluster.api("PATCH", address, change, content_type="application/json-patch+json")
            assert answer.status == 200, answer.body
        return bundle.count(b"BEGIN CERTIFICATE")

    def stop(self) -> None:
        self.balancer.stop()
        for one in self.running:
            one.send(signal.SIGTERM)
        for one in self.running:
            one.stop()


@pytest.fixture(scope="module")
def replicas(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicas]:
    cluster.namespace(NAMESPACE)
    with ExitStack() as stack:
        two = Replicas(cluster, tmp_path_factory.mktemp("replicas"))
        stack.callback(two.stop)
        stack.enter_context(asked(cluster, two.rules, two.balancer.port, (two.tls / "bundle.crt").read_bytes()))
        two.both_are_asked()
        yield two
        cluster.api("DELETE", f"{pods(NAMESPACE)}?gracePeriodSeconds=0")


@pytest.fixture
def creates(cluster: Cluster, replicas: Replicas) -> dict[str, Callable[[], Answer]]:
    """Good pods and violators, really created; each good one must come back completed."""

    def create(image: str) -> Answer:
        answer = cluster.api("POST", pods(NAMESPACE), pod("streamed-", image))
        if answer.status != 201:
            return answer
        completed = answer.body["spec"]["containers"][0].get("securityContext")
        return Answer(201, {"message": "" if completed == COMPLETED else f"not completed: {completed}"})

    return {"good": lambda: create(GOOD), "violator": lambda: create(BAD)}


@pytest.fixture
def stream(creates: dict[str, Callable[[], Answer]]) -> Stream:
    return Stream(creates)


@pytest.fixture
def flood(creates: dict[str, Callable[[], Answer]]) -> Stream:
    """As much as the API server takes, so that some creates are under way at any moment."""
    return Stream(creates, rate=150, threads=10)


def unexpected(creates: list[Create]) -> list[Create]:
    """Every create that did not get the answer that the rules mean."""
    return [one for one in creates if (one.status, bool(one.message)) != (201, False) and not refused(one)]


def refused(one: Create) -> bool:
    return one.what == "violator" and one.status == 403 and f"[{DENIED}]" in one.message


def answers(cluster: Cluster, image: str) -> set[int]:
    """The statuses of enough creates to have met both replicas."""
    return {cluster.api("POST", f"{pods(NAMESPACE)}?dryRun=All", pod("tried-", image)).status for _ in range(10)}


def test_both_replicas_are_restarted_in_turn_and_no_create_fails_and_no_violator_gets_in(
    replicas: Replicas, stream: Stream
) -> None:
    with stream:
        stream.go_on(25)
        restart_both(replicas, stream)
    assert unexpected(stream.done) == []
    both_kinds_were_sent(stream)


def restart_both(replicas: Replicas, stream: Stream) -> None:
    for number, one in enumerate(replicas.running):
        one.send(signal.SIGTERM)
        assert one.wait() == 0, one.told("was told to end")
        replicas.begin_again(number)
        stream.go_on(25)


def both_kinds_were_sent(stream: Stream) -> None:
    kinds = [one.what for one in stream.done]
    assert min(kinds.count("good"), kinds.count("violator")) > 40


def test_leaf_and_authority_are_rotated_and_no_create_fails_and_no_violator_gets_in(
    replicas: Replicas, stream: Stream
) -> None:
    before = replicas.served()
    with stream:
        assert "a new leaf was made" in replicas.certs("rotate")
        assert "a new authority joined the bundle" in replicas.certs("rotate", "--ca")
        assert replicas.publish_bundle() == 2
        replicas.wait_for_leaf()
        renewed = replicas.served()
        stream.go_on(25)
        assert "a new authority signs" in replicas.certs("rotate", "--due", "--settle=1")
        replicas.wait_for_leaf()
        # Open connections keep the certificate that they began with, so only restarts show whether the new one is
        # trusted: after the second, no connection is left to a replica that began before.
        restart_both(replicas, stream)
    assert unexpected(stream.done) == []
    both_kinds_were_sent(stream)
    last = replicas.served()
    issuers = [
        one[0].extensions.get_extension_for_class(x509.AuthorityKeyIdentifier) for one in (before, renewed, last)
    ]
    assert issuers[0] == issuers[1] != issuers[2]


def test_rules_are_edited_well_and_badly_and_no_create_fails_and_no_violator_gets_in(
    cluster: Cluster, replicas: Replicas, stream: Stream
) -> None:
    first = [part["message"] for part in replicas.rules_parts()]
    with stream:
        assert answers(cluster, FORBIDDEN_LATER) == {201}
        replicas.edit(STRICTER)
        poll(lambda: all(has_changed(*pair) for pair in zip(first, replicas.rules_parts(), strict=True)), "no reload")
        assert answers(cluster, FORBIDDEN_LATER) == {403}
        stream.go_on(25)
        replicas.edit(BROKEN)
        poll(lambda: not any(part["ok"] for part in replicas.rules_parts()), "the broken rules are not noticed")
        assert answers(cluster, FORBIDDEN_LATER) == {403}, "the last good rules stay in force"
        for part in replicas.rules_parts():
            assert part["ready"], "and requests go on"
            assert "is broken and not in force" in part["message"]
            assert "imagse" in part["details"][0]
            assert "rules.yaml:" in part["details"][0]
        stream.go_on(25)
        replicas.edit(RULES)
        poll(lambda: all(part["ok"] for part in replicas.rules_parts()), "the good rules are not taken back")
        assert answers(cluster, FORBIDDEN_LATER) == {201}
    assert unexpected(stream.done) == []
    both_kinds_were_sent(stream)


def has_changed(before: str, part: dict[str, Any]) -> bool:
    return part["ok"] and part["message"] != before


def test_rules_about_kinds_that_the_api_server_does_not_ask_about_are_told(replicas: Replicas) -> None:
    replicas.edit(RULES + ABOUT_SERVICES)
    gap = (
        "the policy services is about Service CREATE and UPDATE, which the webhook doorward-validate is not registered "
        "for: apply `doorward manifests` again"
    )
    poll(lambda: all(registration(one)["details"] == [gap] for one in replicas.running), "the gap is not told")
    for one in replicas.running:
        assert (registration(one)["ready"], registration(one)["ok"]) == (True, False)
        assert "doorward_registration_uncovered 1.0" in one.metrics()
    replicas.edit(RULES)
    poll(lambda: all(registration(one)["ok"] for one in replicas.running), "the gap is told for ever")
    everything = "the API server asks about everything that the rules are about"
    assert [registration(one)["message"] for one in replicas.running] == [everything] * 2


def registration(one: Doorward) -> Json:
    return one.parts()["registration"]


def test_a_replica_that_is_killed_takes_only_what_was_under_way_with_it_and_lets_nobody_in(
    replicas: Replicas, flood: Stream
) -> None:
    with flood:
        flood.go_on(100)
        killed = time.monotonic()
        replicas.running[1].send(signal.SIGKILL)
        assert replicas.running[1].wait() == -signal.SIGKILL
        replicas.balancer.wait_for(replicas.running[0].backend)
        noticed = time.monotonic()
        flood.go_on(100)
        replicas.begin_again(1)
        flood.go_on(50)
    failed = unexpected(flood.done)
    assert [one for one in failed if one.ended < killed or one.begun > noticed] == []
    assert [one for one in failed if not is_a_clear_refusal(one)] == []
    both_kinds_were_sent(flood)


def is_a_clear_refusal(one: Create) -> bool:
    """Whether the API server could not ask and says so, or a good pod is refused for what /mutate could not fill in."""
    if one.status == 500:
        return 'failed calling webhook "policies.doorward.dev"' in one.message
    return one.status == 403 and one.what == "good" and "[completed]" in one.message
