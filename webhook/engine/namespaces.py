"""Namespaces as facts, from Namespace documents: what an offline check knows of them."""

from collections.abc import Iterable
from typing import Any

from webhook.admission.facts import Facts, Namespace
from webhook.admission.selector import NAME_LABEL


def known_namespaces(objects: Iterable[dict[str, Any]]) -> Facts:
    """Facts that know these namespaces and can ask nobody; a later document replaces an earlier one of its name."""
    return Facts({namespace.name: namespace for namespace in map(namespace_of, objects)}, askable=False, dialable=False)


def namespace_of(obj: dict[str, Any]) -> Namespace:
    """A Namespace object as a fact; its name label is always there, as in the API server."""
    metadata = obj.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    name = str(metadata.get("name") or "")
    return Namespace(
        name, {**_strings(metadata.get("labels")), NAME_LABEL: name}, _strings(metadata.get("annotations"))
    )


def _strings(value: Any) -> dict[str, str]:
    return {key: str(item) for key, item in value.items()} if isinstance(value, dict) else {}
