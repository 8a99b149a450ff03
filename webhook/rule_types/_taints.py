"""Taints of nodes, and tolerations as the scheduler reads them (ToleratesTaint in core/v1/toleration.go of k8s.io/api).

Lt and Gt compare numbers where a cluster has that feature on; where it has not, no such toleration gets in.
"""

from enum import StrEnum
from typing import Any, NamedTuple

from webhook.expressions import expression
from webhook.patterns import closest
from webhook.rule_types._label_names import key_mistake, value_mistake

_INTEGER = expression(r"0|-?[1-9][0-9]{0,18}")
_KUBERNETES_OWN = ("node.kubernetes.io", "node.cloudprovider.kubernetes.io")


class Effect(StrEnum):
    """What a taint does to pods that do not tolerate it."""

    NO_SCHEDULE = "NoSchedule"
    PREFER_NO_SCHEDULE = "PreferNoSchedule"
    NO_EXECUTE = "NoExecute"


class Taint(NamedTuple):
    """A taint, as `kubectl taint` writes it: key=value:Effect, or key:Effect."""

    key: str
    value: str
    effect: Effect

    @classmethod
    def parse(cls, text: str) -> "Taint":
        """Raises ValueError with the cure for what no node can have, and for what Kubernetes itself puts on nodes."""
        head, colon, effect = text.rpartition(":")
        if not colon:
            raise ValueError(f"`{text[:60]}` is no taint", f"write it as {text[:60]}:NoSchedule")
        key, _, value = head.partition("=")
        if mistake := _mistake(key, value):
            raise ValueError(f"`{text[:60]}` is no taint: {mistake}", "write it as key=value:Effect")
        if key.partition("/")[0] in _KUBERNETES_OWN:
            told = f"Kubernetes itself puts `{key}` on nodes, and lets pods tolerate it"
            raise ValueError(told, "give the group a taint with a key of your own")
        return cls(key, value, _effect(effect))

    @property
    def keeps_off(self) -> bool:
        """Whether the scheduler never puts a pod there that does not tolerate it."""
        return self.effect is not Effect.PREFER_NO_SCHEDULE

    @property
    def toleration(self) -> dict[str, str]:
        """The narrowest toleration that tolerates it."""
        value = {"value": self.value} if self.value else {}
        return {"key": self.key, "operator": "Equal", **value, "effect": str(self.effect)}

    def __str__(self) -> str:
        return f"{self.key}={self.value}:{self.effect}" if self.value else f"{self.key}:{self.effect}"


def tolerates(toleration: Any, taint: Taint) -> bool:
    """Whether a toleration of a pod tolerates the taint; no effect means every effect, no key every key."""
    if not isinstance(toleration, dict):
        return False
    effect, key = toleration.get("effect"), toleration.get("key")
    if (effect and effect != taint.effect) or (key and key != taint.key):
        return False
    operator, value = toleration.get("operator") or "Equal", toleration.get("value") or ""
    if operator == "Equal":
        return bool(value == taint.value)
    return operator == "Exists" or (operator in ("Lt", "Gt") and _compares(operator, taint.value, value))


def is_wildcard(toleration: Any) -> bool:
    """Whether it tolerates every taint, or every taint of an effect."""
    return isinstance(toleration, dict) and not toleration.get("key") and toleration.get("operator") == "Exists"


def _compares(operator: str, found: str, bound: Any) -> bool:
    if not isinstance(bound, str) or not (_INTEGER.fullmatch(found) and _INTEGER.fullmatch(bound)):
        return False
    return int(found) < int(bound) if operator == "Lt" else int(found) > int(bound)


def _mistake(key: str, value: str) -> str | None:
    if "*" in key:
        return "its key is no glob"
    return key_mistake(key, "labels") or value_mistake(value)


def _effect(text: str) -> Effect:
    found = next((effect for effect in Effect if effect == text), None)
    if found is not None:
        return found
    guess = closest(text, Effect)
    cure = f"did you mean {guess}?" if guess else f"there are {', '.join(Effect)}"
    raise ValueError(f"there is no taint effect `{text[:40]}`", cure)
