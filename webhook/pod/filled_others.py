"""The API's defaults of kinds without a pod, by API type as in filled.py; kubernetes v1.36.3 pkg/apis/*/defaults.go."""

from typing import Any

from webhook.pod.encoding import Hooks

Json = dict[str, Any]

_RBAC = "rbac.authorization.k8s.io"
_EXPOSED = ("LoadBalancer", "NodePort")
_HALF_MINUTE = 15


def _service(service: Json) -> None:
    spec = service.get("spec")
    if isinstance(spec, dict):
        service["spec"] = spec = _session(spec)
        spec.setdefault("type", "ClusterIP")
        exposed = spec["type"] in _EXPOSED
        if exposed or (spec["type"] == "ClusterIP" and spec.get("externalIPs")):
            spec.setdefault("externalTrafficPolicy", "Cluster")
        if exposed or spec["type"] == "ClusterIP":
            spec.setdefault("internalTrafficPolicy", "Cluster")
        if spec["type"] == "LoadBalancer":
            spec.setdefault("allocateLoadBalancerNodePorts", True)


def _session(spec: Json) -> Json:
    affinity = spec.get("sessionAffinity", "None")
    config = spec.get("sessionAffinityConfig")
    rest = {key: value for key, value in spec.items() if key != "sessionAffinityConfig"} | {"sessionAffinity": affinity}
    if affinity == "ClientIP":
        client = config.get("clientIP") if isinstance(config, dict) else None
        known = isinstance(client, dict) and client.get("timeoutSeconds") is not None
        return rest | {"sessionAffinityConfig": config if known else {"clientIP": {"timeoutSeconds": 10800}}}
    return rest if affinity == "None" or config is None else rest | {"sessionAffinityConfig": config}


def _service_port(port: Json) -> None:
    port.setdefault("protocol", "TCP")
    if port.get("targetPort") in (0, ""):
        port["targetPort"] = port.get("port", 0)


def _network_policy(policy: Json) -> None:
    spec = policy.get("spec")
    if isinstance(spec, dict) and not spec.get("policyTypes"):
        types = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]
        policy["spec"] = spec | {"policyTypes": types}


def _secret(secret: Json) -> None:
    secret.setdefault("type", "Opaque")
    texts = secret.pop("stringData", None)
    if isinstance(texts, dict):
        from base64 import b64encode

        data = {key: b64encode(value.encode()).decode() for key, value in texts.items() if isinstance(value, str)}
        secret["data"] = {**(secret.get("data") or {}), **data}


def _autoscaler(autoscaler: Json) -> None:
    spec = autoscaler.get("spec")
    if isinstance(spec, dict):
        target = {"type": "Utilization", "averageUtilization": 80}
        cpu = {"type": "Resource", "resource": {"name": "cpu", "target": target}}
        autoscaler["spec"] = {"minReplicas": 1, "metrics": [cpu]} | spec


def _behavior(behavior: Json) -> None:
    percent = {"type": "Percent", "value": 100, "periodSeconds": _HALF_MINUTE}
    pods = {"type": "Pods", "value": 4, "periodSeconds": _HALF_MINUTE}
    up = {"stabilizationWindowSeconds": 0, "selectPolicy": "Max", "policies": [pods, percent]}
    down = {"selectPolicy": "Max", "policies": [percent]}
    for key, defaults in (("scaleUp", up), ("scaleDown", down)):
        behavior[key] = defaults | (behavior.get(key) or {})


def _subject(subject: Json) -> None:
    if subject.get("kind") in ("User", "Group"):
        subject.setdefault("apiGroup", _RBAC)


def _role_ref(reference: Json) -> None:
    reference["apiGroup"] = reference.get("apiGroup") or _RBAC


def _limit_range_item(item: Json) -> None:
    if item.get("type") != "Container":
        return
    limits = {**(item.get("max") or {}), **(item.get("default") or {})}
    requests = {**(item.get("min") or {}), **limits, **(item.get("defaultRequest") or {})}
    item |= {key: value for key, value in (("default", limits), ("defaultRequest", requests)) if value}


OTHER_HOOKS: Hooks = {
    "HorizontalPodAutoscaler": _autoscaler,
    "HorizontalPodAutoscalerBehavior": _behavior,
    "LimitRangeItem": _limit_range_item,
    "NetworkPolicy": _network_policy,
    "RoleRef": _role_ref,
    "Secret": _secret,
    "Service": _service,
    "ServicePort": _service_port,
    "Subject": _subject,
}
