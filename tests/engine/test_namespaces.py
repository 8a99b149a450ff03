"""namespaces: Namespace documents as facts for an offline check."""

from typing import Any

import pytest

from webhook.admission.facts import Namespace
from webhook.engine.namespaces import known_namespaces, namespace_of

NAME = "kubernetes.io/metadata.name"


def document(name: str, **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, **metadata}}


def test_labels_and_annotations_are_known_and_the_name_label_is_always_there() -> None:
    known = namespace_of(document("shop", labels={"tier": "prod"}, annotations={"a": "b"}))
    assert known == Namespace("shop", {"tier": "prod", NAME: "shop"}, {"a": "b"})


def test_nobody_can_write_another_name_label() -> None:
    assert namespace_of(document("shop", labels={NAME: "kube-system"})).labels == {NAME: "shop"}


def test_a_later_document_replaces_an_earlier_one_of_its_name() -> None:
    facts = known_namespaces([document("shop", labels={"a": "1"}), document("pay"), document("shop")])
    assert facts.namespaces == {"shop": Namespace("shop", {NAME: "shop"}, {}), "pay": Namespace("pay", {NAME: "pay"})}


def test_nobody_else_can_be_asked() -> None:
    assert known_namespaces([]).askable is False
    assert known_namespaces([]).namespaces == {}


@pytest.mark.parametrize("metadata", [None, "text", [], {}, {"name": None, "labels": "text", "annotations": [1]}])
def test_a_document_of_another_shape_says_nothing_and_breaks_nothing(metadata: Any) -> None:
    assert namespace_of({"kind": "Namespace", "metadata": metadata}) == Namespace("", {NAME: ""}, {})
