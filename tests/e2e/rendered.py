"""What `kubectl kustomize` makes of manifests/, and how to find one's way in it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import yaml

from tests.e2e import components
from webhook.pod.workloads import POD_AT, group_kind
from webhook.source.path import look_up

Json = dict[str, Any]

ROOT = Path(__file__).parents[2]
BASE, DEV, CERT_MANAGER = "base", "overlays/dev", "overlays/cert-manager"
NOT_IN_THE_CLUSTER = ("Certificate", "Issuer")
"""The kinds of cert-manager, whose definitions the API server of the tests does not have."""


def render(folder: str) -> list[Json]:
    """What `kubectl kustomize` makes of a folder of manifests/."""
    command = [str(components.folder() / "kubectl"), "kustomize", str(ROOT / "manifests" / folder)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    return list(yaml.safe_load_all(ended.stdout))


def one(objects: list[Json], kind: str, name: str = "") -> Json:
    """The only object of this kind (and name)."""
    [found] = [obj for obj in objects if obj["kind"] == kind and name in ("", obj["metadata"]["name"])]
    return found


def carriers(objects: list[Json]) -> list[Json]:
    return [obj for obj in objects if group_kind(obj) in POD_AT]


def pod_of(obj: Json) -> Json:
    """The pod (template) in an object that carries one."""
    template: Json = look_up(obj, POD_AT[group_kind(obj)])
    return template


def container_of(obj: Json) -> Json:
    [container] = pod_of(obj)["spec"]["containers"]
    return dict(container)
