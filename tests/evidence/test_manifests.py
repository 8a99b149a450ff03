"""Manifests: one reading for us and for runtimes, with caps."""

import json
from typing import Any

import pytest

from webhook.evidence.manifests import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
    Descriptor,
    MalformedManifest,
    Platform,
    parse_manifest,
    platforms,
)

DIGEST = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64
LAYER = {"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": DIGEST, "size": 3}
IMAGE: dict[str, Any] = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": LAYER, "layers": [LAYER]}
INDEX: dict[str, Any] = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}


def parsed(document: Any, content_type: str = "") -> Any:
    return parse_manifest(json.dumps(document).encode(), DIGEST, content_type)


def refusal(document: Any, content_type: str = "") -> str:
    with pytest.raises(MalformedManifest) as caught:
        parse_manifest(document if isinstance(document, bytes) else json.dumps(document).encode(), DIGEST, content_type)
    return str(caught.value)


def child(digest: str = DIGEST, platform: Any = None, **more: Any) -> dict[str, Any]:
    return {"mediaType": OCI_MANIFEST, "digest": digest, "size": 1, "platform": platform, **more}


def test_a_manifest_has_its_layers_and_the_type_of_its_config() -> None:
    found = parsed({**IMAGE, "annotations": {"a": "b"}, "subject": {**LAYER, "digest": OTHER}})
    assert found.digest == DIGEST
    assert found.artifact_type == "application/vnd.oci.image.layer.v1.tar"
    assert found.layers == (Descriptor("application/vnd.oci.image.layer.v1.tar", DIGEST, 3),)
    assert found.subject.digest == OTHER
    assert found.annotations == {"a": "b"}
    assert not found.is_index


def test_an_artifact_says_its_own_type() -> None:
    assert parsed({**IMAGE, "artifactType": "x/y"}).artifact_type == "x/y"


@pytest.mark.parametrize(
    ("document", "sent_as", "media_type"),
    [
        (IMAGE, "", OCI_MANIFEST),
        (IMAGE, OCI_MANIFEST, OCI_MANIFEST),
        (IMAGE, "application/octet-stream", OCI_MANIFEST),
        ({**IMAGE, "mediaType": None}, f"{DOCKER_MANIFEST}; charset=utf-8", DOCKER_MANIFEST),
        ({**IMAGE, "mediaType": None}, "application/json", OCI_MANIFEST),
        (INDEX, OCI_INDEX, OCI_INDEX),
        ({"manifests": []}, DOCKER_LIST, DOCKER_LIST),
        ({"manifests": None}, OCI_INDEX, OCI_INDEX),
    ],
)
def test_what_it_is_it_says_itself_or_it_was_sent_as(document: Any, sent_as: str, media_type: str) -> None:
    assert parsed(document, sent_as).media_type == media_type


@pytest.mark.parametrize(
    ("document", "sent_as", "reason"),
    [
        (IMAGE, OCI_INDEX, f"it says it is {OCI_MANIFEST} and was sent as {OCI_INDEX}"),
        ({**IMAGE, "manifests": []}, "", f"it says it is {OCI_MANIFEST} and has `manifests`"),
        ({**INDEX, "layers": []}, "", f"it says it is {OCI_INDEX} and has `layers`"),
        ({**INDEX, "config": LAYER}, "", f"it says it is {OCI_INDEX} and has `config`"),
        ({**IMAGE, "Layers": []}, "", 'the key "Layers" is read in two ways'),
        ({**INDEX, "manife\u017fts": []}, "", 'the key "manife\u017fts" is read in two ways'),
        ({**IMAGE, "layers": [{**LAYER, "Digest": OTHER}]}, "", 'the key "Digest" is read in two ways'),
        ({**INDEX, "manifests": [child(platform={"OS": "linux"})]}, "", 'the key "OS" is read in two ways'),
        (b'{"layers": [], "layers": []}', "", "it has the key `layers` twice"),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(document: Any, sent_as: str, reason: str) -> None:
    assert refusal(document, sent_as).startswith(reason)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"\xff", "it is no JSON: not in UTF-8"),
        (b"[" * 100_000, "it is nested more than 64 deep"),
        (b'{"a": NaN}', "NaN is no number in JSON"),
        (b'{"a": ' + b"[" * 65 + b"]" * 65 + b"}", "it is nested more than 64 deep"),
        (b" " * (4 * 1024 * 1024 + 1), "it has 4194305 bytes, more than 4194304"),
        (b'{"a": ' + b"9" * 5000 + b"}", "it is no JSON"),
        ([], "it is no JSON object"),
        ({}, '"" is no manifest that can be verified'),
        ({"mediaType": "a/b"}, '"a/b" is no manifest that can be verified'),
        ({"mediaType": 1}, "`mediaType` is no text"),
        ({**IMAGE, "layers": {}}, "`layers` is no list"),
        ({**IMAGE, "layers": [1]}, "`layers[0]` is no descriptor"),
        ({**IMAGE, "layers": [{**LAYER, "digest": "sha256:../../x"}]}, "`layers[0]` has no digest that can be checked"),
        (
            {**IMAGE, "layers": [{**LAYER, "digest": "md5:" + "a" * 32}]},
            "`layers[0]` has no digest that can be checked",
        ),
        ({**IMAGE, "config": {**LAYER, "size": -1}}, "`config` has no size"),
        ({**IMAGE, "config": {**LAYER, "size": True}}, "`config` has no size"),
        ({**IMAGE, "config": {**LAYER, "size": 2**63}}, "`config` has no size"),
        ({**IMAGE, "annotations": {"a": 1}}, "`annotations` is no map of texts"),
        ({**INDEX, "manifests": [child(platform=[])]}, "a `platform` is no object"),
    ],
)
def test_what_is_no_manifest_is_said_to_be_none(document: Any, reason: str) -> None:
    assert refusal(document) == reason


def test_annotations_may_have_any_keys() -> None:
    assert parsed({**IMAGE, "annotations": {"Digest": "a", "digest": "b"}}).annotations == {
        "Digest": "a",
        "digest": "b",
    }


def test_an_index_has_platforms_by_name() -> None:
    arm = {"os": "linux", "architecture": "arm64", "variant": "v8", "os.version": "1"}
    index = parsed(
        {**INDEX, "manifests": [child(platform={"os": "linux", "architecture": "amd64"}), child(OTHER, arm)]}
    )
    assert platforms(index) == (Platform("linux/amd64", DIGEST), Platform("linux/arm64/v8", OTHER))


def test_only_what_no_runtime_chooses_is_left_out_of_the_platforms() -> None:
    unknown, real = {"os": "unknown", "architecture": "unknown"}, {"os": "linux", "architecture": "amd64"}
    mark = {"vnd.docker.reference.type": "attestation-manifest"}
    children = [
        child(platform=unknown, annotations=mark),
        child(platform=real, annotations=mark),
        child(platform=unknown),
        child(),
    ]
    names = [one.name for one in platforms(parsed({**INDEX, "manifests": children}))]
    assert names == ["linux/amd64", "unknown/unknown", "unnamed"]


def test_an_image_has_no_platforms() -> None:
    assert platforms(parsed(IMAGE)) == ()


def test_an_index_of_far_too_many_images_is_refused() -> None:
    with pytest.raises(MalformedManifest, match="it lists 129 images, more than 128"):
        platforms(parsed({**INDEX, "manifests": [child()] * 129}))
