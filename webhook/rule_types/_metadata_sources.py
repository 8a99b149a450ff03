"""Where an absent label or annotation is taken from: the namespace, the user, the image, or a field of the pod."""

from typing import Any, NamedTuple

from webhook.admission.operators import CannotDecide
from webhook.admission.request import Operation
from webhook.admission.rule import Compiling, Subject
from webhook.admission.schema_check import check_path
from webhook.pod.containers import Pod, Role
from webhook.pod.image import Image
from webhook.rule_types._label_names import made_fit
from webhook.source.path import EACH, Path, Steps, parse, select
from webhook.source.shape import BROKEN, Problems, choice, wrong

_NAMES = ("namespace", "user", "image")
_SHORT_DIGEST = 12


class Source(NamedTuple):
    """`name` is namespace, user, image or pod; `steps` lead to the field of the pod."""

    name: str
    steps: Steps = ()
    text: str = ""

    @classmethod
    def from_yaml(cls, value: Any, at: Path, problems: Problems) -> Any:
        """A word, or {pod: PATH}; BROKEN after telling what is wrong."""
        if not isinstance(value, dict):
            name = choice(_NAMES, value, at, problems)
            return BROKEN if name is BROKEN else cls(name)
        path = value.get("pod")
        if set(value) != {"pod"} or not isinstance(path, str):
            return wrong(
                value, 'namespace, user, image or {pod: PATH}, such as {pod: metadata.labels["app"]}', at, problems
            )
        try:
            steps = parse(path)
        except ValueError as error:
            problems.error((*at, "pod"), *error.args[:2])
            return BROKEN
        if EACH in steps:
            problems.error((*at, "pod"), "a path with [*] leads to many values", "name one place")
            return BROKEN
        return cls("pod", steps, path)

    @classmethod
    def json_schema(cls, _: dict[str, Any]) -> dict[str, Any]:
        """A word, or {pod: PATH}."""
        path = {"type": "object", "properties": {"pod": {"type": "string"}}, "required": ["pod"]}
        return {"anyOf": [{"enum": list(_NAMES)}, {**path, "additionalProperties": False}]}

    def tell_mistakes(self, at: Path, compiling: Compiling) -> None:
        """Tell a path that no pod has, and kinds that carry no pod to read."""
        if self.name == "pod":
            check_path("pod", self.steps, self.text, (*at, "pod"), compiling)
        without = [str(kind) for kind in compiling.kinds or () if not kind.carries_pod]
        if without and self.name in ("image", "pod"):
            compiling.error(
                at, f"it is read from a pod, and {', '.join(without)} carries none", "use namespace or user"
            )

    def value(self, subject: Subject, pod: Pod | None, field: str, key: str) -> str | None:
        """What the key would be filled with; None where the source has nothing. Raises CannotDecide where the
        namespace is not known."""
        if self.name == "namespace":
            return _of_namespace(subject, field, key)
        found = self._found(subject, pod)
        return (made_fit(found) if field == "labels" else found) or None if found else None

    def told(self, field: str, key: str) -> str:
        """The source in words."""
        if self.name == "namespace":
            return f"namespace {field.removesuffix('s')} {key}"
        return {"user": "who asks", "image": "tag of the first container's image"}.get(self.name, f"pod {self.text}")

    def _found(self, subject: Subject, pod: Pod | None) -> str | None:
        if self.name == "user":
            created = subject.request.operation is Operation.CREATE
            return subject.request.user.name if created and subject.request.user else None
        if pod is None:
            return None
        return _of_image(pod) if self.name == "image" else _of_pod(pod, self.steps)


def _of_namespace(subject: Subject, field: str, key: str) -> str | None:
    if subject.namespace is None:
        raise CannotDecide(f"the {field} of namespace {subject.request.namespace} are not known here")
    held = subject.namespace.labels if field == "labels" else subject.namespace.annotations
    value = held.get(key)
    return value if isinstance(value, str) else None


def _of_image(pod: Pod) -> str | None:
    """The tag of the first container's image; the beginning of its digest where that stands alone."""
    first = next((one for one in pod.containers if one.role is Role.CONTAINER), None)
    try:
        image = Image.parse(first.image) if first else None
    except ValueError:
        return None
    if image is None or image.tag or not image.digest:
        return image.tag if image else None
    return image.digest.partition(":")[2][:_SHORT_DIGEST]


def _of_pod(pod: Pod, steps: Steps) -> str | None:
    held = {"metadata": pod.metadata, "spec": pod.spec}
    found = next((value for _, value in select(held, steps)), None)
    if isinstance(found, bool):
        return "true" if found else "false"
    return str(found) if isinstance(found, str | int) else None
