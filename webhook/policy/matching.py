"""When a rule applies, and which containers it is about, as they are written."""

from typing import Literal

from webhook.admission.kinds import KindPattern
from webhook.admission.names import Names, NamespaceNames, not_empty
from webhook.admission.request import Operation
from webhook.admission.selector import LabelSelector
from webhook.patterns import Glob
from webhook.pod.image import ImagePattern
from webhook.policy.dates import Window
from webhook.source.declare import field, fields, shape


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
class UserSet:
    """Users by name, group or service account (namespace/name); globs may be used."""

    names: tuple[Glob, ...] = field("User names.", default=(), may_be_empty=True)
    groups: tuple[Glob, ...] = field("Groups, such as system:nodes.", default=(), may_be_empty=True)
    service_accounts: tuple[AccountGlob, ...] = field(
        "Service accounts as NAMESPACE/NAME.", default=(), may_be_empty=True
    )

    def __post_init__(self) -> None:
        not_empty(self, "names", "groups", "serviceAccounts")


@shape
class Users:
    """Who asks."""

    include: UserSet | None = field("Only requests of these users.", default=None)
    exclude: UserSet | None = field("All requests but those of these users.", default=None, may_be_empty=True)

    def __post_init__(self) -> None:
        not_empty(self, "include", "exclude")


@shape
class Match:
    """When a rule applies: an absent criterion matches, all given ones must hold."""

    kinds: tuple[KindPattern, ...] = field('Kinds: Pod, networking.k8s.io/Ingress, Pod/exec, "*".', default=())
    operations: tuple[Operation, ...] = field("Operations; CREATE and UPDATE where left out.", default=())
    namespaces: NamespaceNames | None = field("Namespaces by name or glob.", default=None, may_be_empty=True)
    namespace_selector: LabelSelector | None = field("Namespaces by their labels.", default=None)
    object_selector: LabelSelector | None = field("Labels of the pod, or of an object without a pod.", default=None)
    names: Names | None = field(
        "Object names or globs; generateName counts while the name is empty.", default=None, may_be_empty=True
    )
    users: Users | None = field("Who asks.", default=None, may_be_empty=True)
    owners: Names | None = field(
        "Workload family of a pod: Deployment, Job, ... (can be forged).", default=None, may_be_empty=True
    )
    during: Window | None = field("A weekly time window.", default=None)

    def __post_init__(self) -> None:
        if not any(getattr(self, part.name) for part in fields(self)):
            raise ValueError("the match is empty", "say what it is about, or leave `match` out")


@shape
class Images:
    """Images to take in or leave out."""

    include: tuple[ImagePattern, ...] = field("Only these images.", default=())
    exclude: tuple[ImagePattern, ...] = field("All but these images.", default=(), may_be_empty=True)

    def __post_init__(self) -> None:
        not_empty(self, "include", "exclude")


@shape
class ContainerMatch:
    """Which containers a rule is about."""

    of: tuple[Literal["containers", "initContainers", "sidecars", "ephemeralContainers"], ...] = field(
        "The kinds of containers.", default=()
    )
    names: Names | None = field("Containers by name.", default=None, may_be_empty=True)
    images: Images | None = field("Containers and image volumes by image.", default=None, may_be_empty=True)

    def __post_init__(self) -> None:
        not_empty(self, "of", "names", "images")
