"""What `doorward check` says of a file by itself, against a real API server that reads it as strictly as it can."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.cluster import Cluster
from tests.pod import corpus
from tests.pod.generate_schema import definitions, other_kinds, other_types
from tests.pod.mistakes import READABLE, UNKNOWN, UNREADABLE
from webhook.pod import schema
from webhook.pod.defaults import defaulted
from webhook.pod.misfits import misfits
from webhook.pod.schema import struct_of
from webhook.source.path import render

Json = dict[str, Any]

NAMESPACE = "shop"
DATA = Path(schema.__file__).parent / "data"
SEED = 20261121
SLIPS = 600


@pytest.fixture(scope="module")
def shop(cluster: Cluster) -> Cluster:
    cluster.namespace(NAMESPACE)
    return cluster


def place_of(obj: Json) -> str:
    root = f"/apis/{obj['apiVersion']}" if "/" in obj["apiVersion"] else "/api/v1"
    return f"{root}/namespaces/{NAMESPACE}/{obj['kind'].lower()}s"


def server_says(cluster: Cluster, obj: Json) -> tuple[set[str], str]:
    """The unknown fields that the server names, or why it cannot read the object at all."""
    answer = cluster.api("POST", f"{place_of(obj)}?dryRun=All&fieldValidation=Strict", obj)
    message = str(answer.body.get("message", ""))
    if answer.status != 400 or "cannot be handled as a" not in message:
        return set(), ""
    _, strict, fields = message.partition("strict decoding error: ")
    return (set(re.findall(r'unknown field "([^"]*)"', fields)), "") if strict else (set(), message)


def we_say(obj: Json) -> tuple[set[str], set[str]]:
    """The unknown fields, and the paths of values that cannot be read."""
    found = list(misfits(obj))
    unknown = {render(one.path) for one in found if one.field is None}
    return unknown, {render(one.path) for one in found if one.field is not None}


def agree(cluster: Cluster, obj: Json) -> None:
    unknown, unreadable = we_say(obj)
    named, message = server_says(cluster, obj)
    assert bool(message) is bool(unreadable), (message, unreadable)
    if message:
        assert said_place(message) is None or any(said_place(message) == names(path) for path in unreadable), message
    else:
        assert named == unknown


def said_place(message: str) -> str | None:
    """The path in `Go struct field EnvVar.spec.containers.env.value`, without the embedded types that Go puts in."""
    found = re.search(r"Go struct field (\S+) of type", message)
    steps = found[1].split(".")[1:] if found else []
    return ".".join(step for step in steps if not step[:1].isupper()) or None


def names(path: str) -> str:
    """The path as Go says it: no indices, no keys of maps."""
    plain = re.sub(r"\[[^]]*\]", "", path)
    return re.sub(r"\b(labels|annotations|nodeSelector|data|limits|requests)\..*\Z", r"\1", plain)


@pytest.mark.parametrize("obj", READABLE, ids=lambda obj: obj["kind"])
def test_what_the_server_reads_is_no_mistake(shop: Cluster, obj: Json) -> None:
    assert we_say(obj) == (set(), set())
    assert server_says(shop, obj) == (set(), "")


@pytest.mark.parametrize(("obj", "path", "_"), UNKNOWN, ids=lambda value: value if isinstance(value, str) else "")
def test_a_field_that_we_do_not_know_the_server_does_not_know(shop: Cluster, obj: Json, path: str, _: object) -> None:
    assert server_says(shop, obj) == ({path}, "")
    assert we_say(obj) == ({path}, set())


@pytest.mark.parametrize(("obj", "path", "_"), UNREADABLE, ids=lambda value: value if isinstance(value, str) else "")
def test_a_value_that_we_cannot_read_the_server_cannot_read(shop: Cluster, obj: Json, path: str, _: object) -> None:
    assert we_say(obj) == (set(), {path})
    agree(shop, obj)


def slipped(seed: int, count: int) -> Iterator[Json]:
    """Valid objects of the nine kinds, in each of which a few things at random were changed."""
    chance = random.Random(seed)
    objects = list(corpus.objects(405, seed=1))
    for number in range(count):
        obj = defaulted(copy.deepcopy(objects[number % len(objects)]))  # that leaves out the corpus's own odd fields
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            slip(obj, chance)
        yield obj


ODD: tuple[Any, ...] = ("x", "5", "", 5, -1, 2**40, 1.5, True, None, [], {}, ["x"], [5], {"x": 1}, [None], "2026-01-31")


def slip(obj: Json, chance: random.Random) -> None:
    """Renames a key, adds one, or puts another value, somewhere in the object."""
    places = list(inner_places(obj))
    holder, key = chance.choice(places)
    deed = chance.choice(("rename", "add", "put", "put"))
    if deed == "put" or isinstance(holder, list):
        holder[key] = copy.deepcopy(chance.choice(ODD))
    elif deed == "rename":
        holder[chance.choice((key.upper(), key[:-1] or "q", f"{key}s", key.capitalize()))] = holder.pop(key)
    else:
        holder["extra"] = copy.deepcopy(chance.choice(ODD))


def inner_places(value: Any, depth: int = 0) -> Iterator[tuple[Any, Any]]:
    """Every holder and key below; not what says the kind, the name and the namespace."""
    steps = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    for key, inner in steps:
        if depth == 0 and key in ("apiVersion", "kind"):
            continue
        if depth and key not in ("name", "namespace", "extra"):
            yield value, key
        yield from inner_places(inner, depth + 1)


def test_whatever_slips_the_server_and_we_say_the_same(shop: Cluster) -> None:
    said = {"unknown": 0, "unreadable": 0, "nothing": 0}
    for obj in slipped(SEED, SLIPS):
        unknown, unreadable = we_say(obj)
        named, message = server_says(shop, obj)
        assert bool(message) is bool(unreadable), (message, unreadable, json.dumps(obj))
        assert message or named == unknown, json.dumps(obj)
        said["unreadable" if unreadable else "unknown" if unknown else "nothing"] += 1
    assert min(said.values()) > SLIPS // 20, said


def served(cluster: Cluster) -> Iterator[tuple[str, str, bool, str]]:
    """Every kind that can be created: its apiVersion, kind, whether it lives in a namespace, and its plural."""
    groups = cluster.api("GET", "/apis").body["groups"]
    versions = ["v1", *(version["groupVersion"] for group in groups for version in group["versions"])]
    for version in versions:
        root = f"/apis/{version}" if "/" in version else "/api/v1"
        for resource in cluster.api("GET", root).body["resources"]:
            if "create" in resource["verbs"] and "/" not in resource["name"]:
                yield version, resource["kind"], resource["namespaced"], resource["name"]


def test_every_kind_that_the_server_has_is_known_and_read_as_strictly(shop: Cluster) -> None:
    kinds = list(served(shop))
    assert len(kinds) > 50
    for version, kind, namespaced, plural in kinds:
        obj = {"apiVersion": version, "kind": kind, "metadata": {"name": "odd", "lables": {}}, "Bogus": {}}
        root = f"/apis/{version}" if "/" in version else "/api/v1"
        path = f"{root}/namespaces/{NAMESPACE}/{plural}" if namespaced else f"{root}/{plural}"
        answer = shop.api("POST", f"{path}?dryRun=All&fieldValidation=Strict", obj)
        named = set(re.findall(r'unknown field "([^"]*)"', answer.body["message"]))
        assert (kind, named) == (kind, {"metadata.lables", "Bogus"})
        assert (kind, we_say(obj)) == (kind, (named, set()))


def test_the_types_of_other_kinds_are_those_that_the_server_publishes(cluster: Cluster, tmp_path: Path) -> None:
    for path, entry in cluster.api("GET", "/openapi/v3").body["paths"].items():
        if path.startswith("api"):
            document = cluster.request("GET", entry["serverRelativeURL"]).text
            (tmp_path / f"{path.replace('/', '-')}.json").write_text(document, encoding="utf-8")
    schemas = definitions(tmp_path)
    table: Json = json.loads((DATA / "schema.json").read_text(encoding="utf-8"))
    others = other_kinds(table, schemas)
    assert table["others"] == others
    stored = json.loads((DATA / "other_types.json").read_text(encoding="utf-8"))
    assert stored == other_types(set(others.values()), set(table["types"]), schemas)


def test_old_groups_are_not_served_and_not_known(shop: Cluster) -> None:
    obj = {"apiVersion": "extensions/v1beta1", "kind": "Deployment", "metadata": {"name": "odd"}}
    assert shop.request("POST", f"{place_of(obj)}?dryRun=All", obj).status_code == 404
    assert struct_of(obj) is None


UNKNOWN_TEXT = json.dumps(UNKNOWN[0][0])


def test_kubectl_refuses_an_unknown_field_unless_it_is_told_not_to(shop: Cluster) -> None:
    created = shop.kubectl("create", "--dry-run=server", "-f", "-", input=UNKNOWN_TEXT)
    assert created.returncode == 1
    assert 'unknown field "spec.containers[0].imagepullPolicy"' in created.stderr
    loose = shop.kubectl("create", "--dry-run=server", "--validate=ignore", "-o", "json", "-f", "-", input=UNKNOWN_TEXT)
    assert loose.returncode == 0
    assert "imagepullPolicy" not in loose.stdout


def test_who_asks_for_nothing_gets_a_warning_and_the_field_is_dropped(shop: Cluster) -> None:
    obj, path, _ = UNKNOWN[0]
    answer = shop.request("POST", f"{place_of(obj)}?dryRun=All", obj)
    assert answer.status_code == 201
    assert f'unknown field \\"{path}\\"' in answer.headers["Warning"]
    assert "imagepullPolicy" not in answer.json()["spec"]["containers"][0]
