"""A container that a sidecar rule puts in, and what of it has to be as declared in the end."""

from collections.abc import Iterator
from typing import Any

from webhook.admission.edits import same
from webhook.admission.finding import Found
from webhook.admission.origins import Link
from webhook.admission.words import shown
from webhook.pod.containers import Container
from webhook.pod.encoding import encoded
from webhook.pod.filled import HOOKS
from webhook.pod.image import Image
from webhook.pod.merge import How, missing
from webhook.pod.quantity import Quantity, QuantityError
from webhook.pod.schema import Field
from webhook.rule_types._default_targets import CONTAINER
from webhook.rule_types._sidecar_tune import SIDES, Tuner, Tuning
from webhook.source.path import Path, look_up

ALWAYS = ("image", "resources", "securityContext", "restartPolicy")
_WHAT_RUNS = ("image", "command", "args")
_TIGHTER: dict[str, Any] = {
    "allowPrivilegeEscalation": False,
    "privileged": False,
    "procMount": "Default",
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
}
_PROFILES = ("appArmorProfile", "seccompProfile")


class Declared:
    """One declared container: `fields` as the rule has them, `template` as the API server writes them."""

    __slots__ = ("env", "fields", "is_sidecar", "name", "require", "template", "tuner")

    def __init__(self, fields: dict[str, Any], require: tuple[str, ...], tuner: Tuner | None, env: str) -> None:
        self.fields = fields
        self.name: str = fields["name"]
        self.is_sidecar = fields.get("restartPolicy") == "Always"
        wanted = require or (*ALWAYS, *(key for key in fields if key not in ("name", *ALWAYS)))
        self.require = tuple(dict.fromkeys((*(_WHAT_RUNS if "image" in wanted else ()), *wanted)))
        self.template: dict[str, Any] = encoded(CONTAINER, fields, HOOKS)
        self.tuner = tuner
        self.env = env

    def wanted(self, tuning: Tuning | None) -> dict[str, Any]:
        """The container for one pod; what is not tuned is shared."""
        if tuning is None:
            return self.template
        made = dict(self.template)
        if self.tuner is not None:
            made["resources"] = {**made.get("resources", {}), **resources(tuning)}
        if self.env and tuning.ports is not None:
            others = [one for one in made.get("env", ()) if one.get("name") != self.env]
            made["env"] = [{"name": self.env, "value": tuning.ports}, *others]
        return made

    def links(self, tuning: Tuning) -> dict[Path, list[Link]]:
        """Every word on the values that annotations choose, by their paths in the container."""
        if self.tuner is None:
            return {}
        return {("resources", *key): self.tuner.links(key, tuning) for key in tuning.amounts}

    def differences(self, found: Container, tuning: Tuning | None) -> Iterator[Found]:
        """What is not as declared; nothing for what this rule has put in and nobody changed."""
        wanted = self.wanted(tuning)
        if "restartPolicy" in self.require:
            yield from self._kind(found)
        for name in self.require:
            value = found.raw.get(name)
            if name == "resources":
                yield from self._amounts(found, wanted)
            elif name != "restartPolicy" and not same(value, wanted.get(name)):
                yield from self._field(name, value, found)
        if self.env and not same(_env(found.raw, self.env), _env(wanted, self.env)):
            yield self._env_differs(found, wanted)

    def _kind(self, found: Container) -> Iterator[Found]:
        policy = found.raw.get("restartPolicy")
        if found.list != "initContainers":
            kind = "a native sidecar (in initContainers)" if self.is_sidecar else "an init container"
            yield self._found(found.at, None, f"is an ordinary container, must be {kind}")
        elif policy != self.fields.get("restartPolicy"):
            at: Path = (*found.at, "restartPolicy")
            if self.is_sidecar:
                is_now = "missing" if policy is None else f"is {shown(at, policy)}"
                yield self._found(at, policy, f"{is_now}, must be Always: without it this is no sidecar")
            else:
                yield self._found(at, policy, f"is {shown(at, policy)}, must be left out: it has to come to an end")

    def _field(self, name: str, value: Any, found: Container) -> Iterator[Found]:
        declared, path = self.fields.get(name), (*found.at, name)
        if name == "image":
            if not _same_image(value, declared):
                yield self._found(path, value, f"is {shown(path, value)}, must be {shown(path, declared)}")
            return
        if name in _WHAT_RUNS and declared is None:
            if value:
                yield self._found(path, value, f"is {shown(path, value)}, must be left out")
            return
        field = CONTAINER.children.get(name, Field("", "", "any", "a"))
        for difference in missing(value, declared, field, path):
            should = shown(difference.path, difference.value)
            if difference.how is How.REPLACE:
                message = f"is {shown(difference.path, difference.found)}, must be {should}"
            else:
                message = f"does not contain {should}" if difference.how is How.APPEND else f"missing, must be {should}"
            yield self._found(difference.path, difference.found, message)
        if name == "securityContext" and isinstance(value, dict):
            for below, extra in _loosened(value, declared or {}):
                at: Path = (*path, *below)
                yield self._found(at, extra, f"is {shown(at, extra)}, which the rule does not declare")

    def _amounts(self, found: Container, wanted: dict[str, Any]) -> Iterator[Found]:
        """Every declared or chosen amount as it is, and what else can be tuned within its bounds."""
        for side in SIDES:
            amounts = look_up(wanted, ("resources", side)) or {}
            for name, amount in amounts.items():
                path: Path = (*found.at, "resources", side, name)
                value = look_up(found.raw, ("resources", side, name))
                if not same(value, amount) and _quantity(value) != _quantity(amount):
                    is_now = "missing" if value is None else f"is {shown(path, value)}"
                    yield self._found(path, value, f"{is_now}, must be {amount}")
            for (kind, name), tuned in self.tuner.tuned.items() if self.tuner else ():
                path = (*found.at, "resources", side, name)
                value = look_up(found.raw, ("resources", side, name))
                extra = _quantity(value) if kind == side and name not in amounts else None
                if extra is not None and not tuned.allows(extra):
                    yield self._found(path, value, f"is {shown(path, value)}, must be {tuned.bounds}")

    def _env_differs(self, found: Container, wanted: dict[str, Any]) -> Found:
        env = found.raw.get("env")
        names = [look_up(one, ("name",)) for one in env] if isinstance(env, list) else []
        at: Path = (*found.at, "env", names.index(self.env)) if self.env in names else (*found.at, "env")
        should = _env(wanted, self.env)
        listed = look_up(should, ("value",))
        what = "be left out" if should is None else f"list {listed}" if listed else "list no port"
        return self._found(at, None, f"{self.env} must {what}, as the pod's annotations say")

    def _found(self, path: Path, value: Any, message: str) -> Found:
        return Found(path, value, message, f"leave {self.name} out of the manifest: this rule puts it in")


def resources(tuning: Tuning) -> dict[str, dict[str, str]]:
    """The amounts as a container has them."""
    made: dict[str, dict[str, str]] = {}
    for (side, name), amount in tuning.amounts.items():
        made.setdefault(side, {})[name] = amount.canonical
    return made


def _same_image(value: Any, declared: Any) -> bool:
    """Whether it is the declared image; a digest that has been pinned beside its tag is no difference."""
    if not isinstance(value, str):
        return False
    try:
        found, wanted = Image.parse(value), Image.parse(declared)
    except ValueError:
        return bool(value == declared)
    if found.repository != wanted.repository or (wanted.digest and found.digest != wanted.digest):
        return False
    return found.tag == wanted.tag or (bool(found.digest) and found.tag is None and bool(wanted.digest))


def _loosened(found: dict[str, Any], wanted: dict[str, Any]) -> Iterator[tuple[Path, Any]]:
    """What stands beside the declared fields and does more than tighten them."""
    for name, value in found.items():
        if name == "capabilities":
            added, declared = look_up(value, ("add",)), look_up(wanted, ("capabilities", "add")) or ()
            if isinstance(added, list) and any(one not in declared for one in added):
                yield ("capabilities", "add"), added
        elif name not in wanted and value is not None and not _tightens(name, value):
            yield (name,), value


def _tightens(name: str, value: Any) -> bool:
    if name in _PROFILES:
        return bool(look_up(value, ("type",)) == "RuntimeDefault")
    return name in _TIGHTER and same(value, _TIGHTER[name])


def _quantity(value: Any) -> Quantity | None:
    try:
        return Quantity.of(value) if value is not None else None
    except QuantityError:
        return None


def _env(raw: dict[str, Any], name: str) -> Any:
    env = raw.get("env")
    return next((one for one in env if look_up(one, ("name",)) == name), None) if isinstance(env, list) else None
