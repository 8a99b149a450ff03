"""One Secret, read, created and replaced without undoing what others did."""

from pathlib import Path

import pytest

from tests.cluster.fake_api_server import FakeApiServer
from webhook.cluster.client import ConflictError
from webhook.cluster.secrets import Place, Secret, read, write
from webhook.errors import ClusterError

PLACE = Place("guard", "doorward-tls", "kubernetes.io/tls")
PATH = "/api/v1/namespaces/guard/secrets/doorward-tls"


def test_a_secret_that_does_not_exist_is_empty_and_is_created_with_its_type(tmp_path: Path) -> None:
    with FakeApiServer() as api:
        cluster = api.cluster(tmp_path)
        missing = read(cluster, PLACE)
        assert (missing, missing.version) == (Secret({}), None)
        written = write(cluster, PLACE, missing, {"tls.key": b"\x00k"})
        assert (written.data, written.version) == ({"tls.key": b"\x00k"}, "101")
        assert api.objects[PATH] == {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "kubernetes.io/tls",
            "metadata": {
                "name": "doorward-tls",
                "namespace": "guard",
                "labels": {"app.kubernetes.io/name": "doorward"},
                "resourceVersion": "101",
            },
            "data": {"tls.key": "AGs="},
        }


def test_replacing_the_data_keeps_labels_and_owners_and_drops_old_keys(tmp_path: Path) -> None:
    with FakeApiServer() as api:
        metadata = {"name": "doorward-tls", "labels": {"team": "a"}, "ownerReferences": [{"name": "o"}]}
        api.put(PATH, {"metadata": metadata, "type": "Opaque", "data": {"next-ca.key": "AA=="}})
        cluster = api.cluster(tmp_path)
        write(cluster, PLACE, read(cluster, PLACE), {"a": b"b"})
        assert api.objects[PATH] == {
            "metadata": metadata | {"resourceVersion": "102"},
            "type": "Opaque",
            "data": {"a": "Yg=="},
        }


def test_a_secret_that_somebody_changed_or_created_first_is_a_conflict(tmp_path: Path) -> None:
    with FakeApiServer() as api:
        cluster = api.cluster(tmp_path)
        missing = read(cluster, PLACE)
        first = write(cluster, PLACE, missing, {"a": b"1"})
        with pytest.raises(ConflictError):
            write(cluster, PLACE, missing, {"a": b"2"})
        write(cluster, PLACE, first, {"a": b"3"})
        with pytest.raises(ConflictError):
            write(cluster, PLACE, first, {"a": b"4"})
        assert read(cluster, PLACE).data == {"a": b"3"}


def test_data_that_is_not_base64_is_told_with_the_secrets_name(tmp_path: Path) -> None:
    with FakeApiServer() as api:
        api.put(PATH, {"metadata": {"name": "doorward-tls"}, "data": {"tls.crt": "!"}})
        with pytest.raises(ClusterError) as refused:
            read(api.cluster(tmp_path), PLACE)
    assert str(refused.value) == "Secret guard/doorward-tls cannot be read: its data is not base64"
