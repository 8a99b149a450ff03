"""When a rule applies, and which containers it is about, as they are written."""

import re
from typing import Any, Literal

from webhook.admission.kinds import KindPattern
from webhook.admission.request import Operation
from webhook.admission.selector import LabelSelector
from webhook.patterns import Glob
from webhook.pod.image import ImagePattern
from webhook.policy.dates import Window
from webhook.source.declare import field, fields, shape

_NAMESPACE = re.compile(r"[a-z0-9*]([-a-z0-9*]{0,61}[a-z0-9*])?\Z")


class NamespaceGlob(Glob):
    """A namespace's name, or a glob over such names."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> "NamespaceGlob":
        """What no namespace can be called is refused: upper case, or signs of a regular expression."""
        if not _NAMESPACE.match(text):
            cure = "names have lower-case letters, digits and `-`; `*` stands for any characters"
            raise ValueError(f"no namespace is called `{text[:80]}`", cure)
        return cls(text, Glob.parse(text).pieces)


class AccountGlob(Glob):
    """A service account as NAMESPACE/NAME, or a glob over such."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> "AccountGlob":
        """The long name of a service account (with colons) matches nothing here, so it is refused."""
        if ":" in text or not ("/" in text or "*" in text):
            name = text.removeprefix("system:serviceaccount:").replace(":", "/")
            cure = f"write {name}" if "/" in name else f"write NAMESPACE/{name}"
            raise ValueError(f"`{text[:80]}` is no service account", cure)
        return cls(text, Glob.parse(text).pieces)


@shape
class Names:
    """Names or globs, to take in or to leave out; what is left out wins."""

    include: tuple[Glob, ...] = field("Only these.", default=())
    exclude: tuple[Glob, ...] = field("All but these.", default=())

    def __post_init__(self) -> None:
        not_empty(self, "include", "exclude")

    def covers(self, name: str) -> bool:
        """Whether a name is meant."""
        if any(glob.matches(name) for glob in self.exclude):
            return False
        return not self.include or any(glob.matches(name) for glob in self.include)


@shape
class NamespaceNames(Names):
    """Namespaces to take in or to leave out; what is left out wins."""

    include: tuple[NamespaceGlob, ...] = field("Only these.", default=())
    exclude: tuple[NamespaceGlob, ...] = field("All but these.", default=())


@shape
class UserSet:
    """Users by name, group or service account (namespace/name); globs may be used."""

    names: tuple[Glob, ...] = field("User names.", default=())
    groups: tuple[Glob, ...] = field("Groups, such as system:nodes.", default=())
    service_accounts: tuple[AccountGlob, ...] = field("Service accounts as NAMESPACE/NAME.", default=())

    def __post_init__(self) -> None:
        not_empty(self, "names", "groups", "serviceAccounts")


@shape
class Users:
    """Who asks."""

    include: UserSet | None = field("Only requests of these users.", default=None)
    exclude: UserSet | None = field("All requests but those of these users.", default=None)

    def __post_init__(self) -> None:
        not_empty(self, "include", "exclude")


@shape
class Match:
    """When a rule applies: an absent criterion matches, all given ones must hold."""

    kinds: tuple[KindPattern, ...] = field('Kinds: Pod, networking.k8s.io/Ingress, Pod/exec, "*".', default=())
    operations: tuple[Operation, ...] = field("Operations; CREATE and UPDATE where left out.", default=())
    namespaces: NamespaceNames | None = field("Namespaces by name or glob.", default=None)
    namespace_selector: LabelSelector | None = field("Namespaces by their labels.", default=None)
    object_selector: LabelSelector | None = field("Labels of the pod, or of an object without a pod.", default=None)
    names: Names | None = field("Object names or globs; generateName counts while the name is empty.", default=None)
    users: Users | None = field("Who asks.", default=None)
    owners: Names | None = field("Workload family of a pod: Deployment, Job, ... (can be forged).", default=None)
    during: Window | None = field("A weekly time window.", default=None)

    def __post_init__(self) -> None:
        if not any(getattr(self, part.name) for part in fields(self)):
            raise ValueError("the match is empty", "say what it is about, or leave `match` out")


@shape
class Images:
    """Images to take in or leave out."""

    include: tuple[ImagePattern, ...] = field("Only these images.", default=())
    exclude: tuple[ImagePattern, ...] = field("All but these images.", default=())

    def __post_init__(self) -> None:
        not_empty(self, "include", "exclude")


@shape
class ContainerMatch:
    """Which containers a rule is about."""

    of: tuple[Literal["containers", "initContainers", "sidecars", "ephemeralContainers"], ...] = field(
        "The kinds of containers.", default=()
    )
    names: Names | None = field("Containers by name.", default=None)
    images: Images | None = field("Containers and image volumes by image.", default=None)

    def __post_init__(self) -> None:
        not_empty(self, "of", "names", "images")


def not_empty(value: Any, *names: str) -> None:
    """A shape whose keys may all be left out must say one of them; raises ValueError."""
    if not any(getattr(value, part.name) for part in fields(value)):
        raise ValueError("it is empty", f"say {' or '.join(f'`{name}`' for name in names)}")
