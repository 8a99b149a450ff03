"""Objects that end-to-end tests send, and where the API server takes them."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

GOOD, BAD = "registry.corp.example/web:1.2", "quay.example/web:1.2"


def pod(name: str = "web", image: str = GOOD, **metadata: Any) -> Json:
    """A pod of one container called `app`; a name that ends with a dash is a generateName."""
    key = "generateName" if name.endswith("-") else "name"
    spec = {"containers": [{"name": "app", "image": image}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {key: name, **metadata}, "spec": spec}


def deployment(name: str = "web", image: str = GOOD, replicas: int = 1) -> Json:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": pod(image=image)["spec"]}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def pods(namespace: str, name: str = "") -> str:
    """The path of a namespace's pods, or of one of them."""
    return f"/api/v1/namespaces/{namespace}/pods" + (f"/{name}" if name else "")


def deployments(namespace: str, name: str = "") -> str:
    """The path of a namespace's Deployments, or of one of them."""
    return f"/apis/apps/v1/namespaces/{namespace}/deployments" + (f"/{name}" if name else "")
