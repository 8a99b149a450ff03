"""The order in which a rotation reaches a cluster, also when somebody else gets in between."""

import base64
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.cluster.fake_api_server import FakeApiServer
from webhook.cluster import registration, secrets
from webhook.cluster.client import Cluster
from webhook.cluster.rotation import Outcome, Places, Wanted, ensure
from webhook.errors import ClusterError

MUTATE, VALIDATE = registration.places()
PLACES = Places(
    secrets.Place("guard", "doorward-ca"),
    secrets.Place("guard", "doorward-tls", "kubernetes.io/tls"),
    (MUTATE, VALIDATE),
)
SECRETS = "/api/v1/namespaces/guard/secrets"
CA, TLS = f"{SECRETS}/doorward-ca", f"{SECRETS}/doorward-tls"


def with_configurations(api: FakeApiServer) -> None:
    for place in (MUTATE, VALIDATE):
        api.put(place.path, {"metadata": {"name": place.name}, "webhooks": [{"name": "a", "clientConfig": {}}]})


def bundle_in(api: FakeApiServer, place: registration.Place) -> bytes:
    return base64.b64decode(api.objects[place.path]["webhooks"][0]["clientConfig"].get("caBundle", ""))


def generation(number: int) -> Wanted:
    """Stands for real certificates: the numbers tell which rotation a file belongs to."""
    mark = str(number).encode()
    return Wanted({"ca.key": mark, "bundle.crt": b"bundle " + mark}, {"tls.crt": b"leaf " + mark}, b"bundle " + mark)


def always(number: int) -> Callable[[Mapping[str, bytes], bool], Wanted]:
    return lambda files, out: generation(number)


def writes(api: FakeApiServer) -> list[str]:
    return [f"{method} {path.rsplit('/', 1)[1]}" for method, path, _ in api.requests if method != "GET"]


def test_the_memory_comes_first_then_the_bundle_and_the_leaf_last(tmp_path: Path) -> None:
    with FakeApiServer() as api:
        with_configurations(api)
        outcome = ensure(api.cluster(tmp_path), PLACES, always(1))
        assert writes(api) == ["POST secrets", "PUT doorward-mutate", "PUT doorward-validate", "POST secrets"]
        assert outcome.written == (
            "Secret guard/doorward-ca",
            "MutatingWebhookConfiguration doorward-mutate",
            "ValidatingWebhookConfiguration doorward-validate",
            "Secret guard/doorward-tls",
        )
        assert bundle_in(api, MUTATE) == bundle_in(api, VALIDATE) == b"bundle 1"
        leaf = secrets.read(api.cluster(tmp_path), PLACES.leaf)
        assert leaf.data == {"tls.crt": b"leaf 1", "ca.crt": b"bundle 1"}


def test_a_second_run_writes_nothing(tmp_path: Path) -> None:
    with FakeApiServer() as api:
        with_configurations(api)
        cluster = api.cluster(tmp_path)
        ensure(cluster, PLACES, always(1))
        api.requests.clear()
        assert ensure(cluster, PLACES, always(1)) == Outcome((), ())
        assert writes(api) == []


def test_the_authoritys_key_never_enters_the_secret_that_pods_mount(tmp_path: Path) -> None:
    with FakeApiServer() as api:
        with_configurations(api)
        ensure(api.cluster(tmp_path), PLACES, always(1))
        assert set(api.objects[TLS]["data"]) == {"tls.crt", "ca.crt"}
        assert set(api.objects[CA]["data"]) == {"ca.key", "bundle.crt"}


def test_missing_configurations_are_told_and_the_rest_is_done(tmp_path: Path) -> None:
    with FakeApiServer() as api:
        outcome = ensure(api.cluster(tmp_path), PLACES, always(1))
        assert outcome.missing == (str(MUTATE), str(VALIDATE))
        assert outcome.written == ("Secret guard/doorward-ca", "Secret guard/doorward-tls")


def test_the_step_sees_all_files_and_whether_every_configuration_has_the_bundle(tmp_path: Path) -> None:
    seen: list[tuple[Mapping[str, bytes], bool]] = []

    def step(files: Mapping[str, bytes], out: bool) -> Wanted:
        seen.append((files, out))
        return generation(1)

    with FakeApiServer() as api:
        with_configurations(api)
        cluster = api.cluster(tmp_path)
        ensure(cluster, PLACES, step)
        ensure(cluster, PLACES, step)
        api.objects[VALIDATE.path]["webhooks"][0]["clientConfig"] = {}
        ensure(cluster, PLACES, step)
        files = {"ca.key": b"1", "bundle.crt": b"bundle 1", "tls.crt": b"leaf 1"}
        assert seen == [({}, True), (files, True), (files, False)]
        api.delete(CA)
        ensure(cluster, PLACES, step)
        assert seen[3][0] == {"bundle.crt": b"bundle 1", "tls.crt": b"leaf 1"}


def run_in_between(api: FakeApiServer, cluster: Cluster, method: str, path: str, number: int) -> None:
    """Another job runs to its end just before the first request of that method and path is served."""

    def before(asked: str, at: str) -> None:
        if (asked, at) == (method, path):
            api.before = lambda *_: None
            ensure(cluster, PLACES, always(number))

    api.before = before


STALE = [
    ("GET", CA),
    ("PUT", CA),
    ("GET", MUTATE.path),
    ("PUT", MUTATE.path),
    ("GET", VALIDATE.path),
    ("PUT", VALIDATE.path),
    ("PUT", TLS),
]


@pytest.mark.parametrize(("method", "path"), STALE)
def test_a_job_that_fell_behind_never_puts_back_what_a_newer_one_wrote(tmp_path: Path, method: str, path: str) -> None:
    def step(files: Mapping[str, bytes], out: bool) -> Wanted:
        """What a job wants follows from the memory it read: one more than nothing, else what is there."""
        return generation(max(2, int(files["ca.key"])))

    with FakeApiServer() as api:
        with_configurations(api)
        cluster = api.cluster(tmp_path)
        ensure(cluster, PLACES, always(1))
        run_in_between(api, cluster, method, path, 3)
        ensure(cluster, PLACES, step)
        found = (
            secrets.read(cluster, PLACES.authority).data["ca.key"],
            bundle_in(api, MUTATE),
            bundle_in(api, VALIDATE),
            secrets.read(cluster, PLACES.leaf).data,
        )
    assert found == (b"3", b"bundle 3", b"bundle 3", {"tls.crt": b"leaf 3", "ca.crt": b"bundle 3"})


def test_two_first_runs_at_once_agree_on_one_authority(tmp_path: Path) -> None:
    def keep_or_make(number: int) -> Callable[[Mapping[str, bytes], bool], Wanted]:
        return lambda files, out: generation(int(files.get("ca.key", number)))

    with FakeApiServer() as api:
        with_configurations(api)
        cluster = api.cluster(tmp_path)
        run_in_between(api, cluster, "POST", SECRETS, 7)
        ensure(cluster, PLACES, keep_or_make(8))
        assert secrets.read(cluster, PLACES.authority).data["ca.key"] == b"7"
        assert secrets.read(cluster, PLACES.leaf).data["tls.crt"] == b"leaf 7"


def test_endless_conflicts_end_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with FakeApiServer() as api:
        api.before = lambda method, path: (409, b"{}") if method == "POST" else None
        with pytest.raises(ClusterError) as refused:
            ensure(api.cluster(tmp_path), PLACES, always(1))
    told = "Secret guard/doorward-ca is changed by others all the time; is more than one job rotating it?"
    assert str(refused.value) == told
