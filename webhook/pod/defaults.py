"""What the API server fills in and drops before a webhook sees an object; pure functions on plain dicts.

Read from kubernetes v1.36.3 (pkg/apis/{core,apps,batch}/v1 defaults.go, zz_generated.defaults.go, conversion.go).
`defaulted` is what reading, defaulting, converting and writing do. `admitted` is what admission plugins do to a Pod.

What a webhook sees besides and `defaulted` does not fill in: metadata.namespace and metadata.managedFields. What is set
only after mutating webhooks, so that `/validate` and the stored object have it: metadata.name from generateName, uid,
creationTimestamp, generation; status; the controller-uid and job-name labels of a Job and its pod template, and its
selector; a DaemonSet's deprecated.daemonset.template.generation annotation; matchLabelKeys merged into the selectors of
affinity and spread constraints; the AppArmor profiles of annotations copied into fields (`created_pod_of` does that);
the removal of fields whose feature gate is off in that cluster.
"""

from collections.abc import Callable
from typing import Any

from webhook.pod.admitted import admitted
from webhook.pod.apparmor import with_apparmor_fields
from webhook.pod.encoding import encoded
from webhook.pod.filled import HOOKS, fill_pod
from webhook.pod.schema import schema_of
from webhook.source.path import Path

__all__ = ["admitted", "created_pod_of", "defaulted", "pod_of"]

Json = dict[str, Any]


def defaulted(obj: Json) -> Json:
    """The object as the API server writes it after reading it and setting its defaults.

    The input is not changed; untouched parts may be shared with it. Unknown fields are dropped and values of wrong
    types stay (misfits.py tells both). A kind without a schema is returned as it is.
    """
    schema = schema_of(obj)
    if schema is None:
        return obj
    result: Json = encoded(schema.root, obj, HOOKS)
    return result


def pod_of(obj: Json, at: Path) -> Json:
    """The object with the pod template at the path judged as the pod it will become.

    `obj` is as `defaulted` returns it or the API server sends it; `at` comes from workloads.POD_AT. What the API server
    fills into Pods only, and `admitted`, is applied in place: every path in the object stays what it was.
    """
    return _replaced(obj, at, lambda template: admitted(_as_pod(template)))


def created_pod_of(obj: Json, at: Path) -> Json:
    """The same once all mutation is over: what validating webhooks see of the pod when it is created."""
    return _replaced(obj, at, lambda template: with_apparmor_fields(admitted(_as_pod(template))))


def _replaced(obj: Json, at: Path, change: Callable[[Json], Json]) -> Json:
    if not at:
        return change(obj)
    inner = obj.get(str(at[0]))
    return {**obj, str(at[0]): _replaced(inner, at[1:], change)} if isinstance(inner, dict) else obj


def _as_pod(template: Json) -> Json:
    """A copy, as deep as `fill_pod` writes, with the defaults of Pods only."""
    pod = dict(template)
    spec = pod.get("spec")
    if isinstance(spec, dict):
        pod["spec"] = spec = dict(spec)
        for name in ("initContainers", "containers"):
            if isinstance(spec.get(name), list):
                spec[name] = [dict(one) if isinstance(one, dict) else one for one in spec[name]]
    fill_pod(pod)
    return pod
