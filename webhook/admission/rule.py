"""What a rule type gives and what it gets: the two sides between the engine and the files in rule_types/."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from webhook.admission.edits import Draft
from webhook.admission.facts import NOTHING_TO_LEARN, Learning, Namespace
from webhook.admission.finding import Found
from webhook.admission.kinds import KindPattern
from webhook.admission.request import Request
from webhook.pod.containers import ALL_ROLES, Container, ImageUse, Pod, Role, image_use
from webhook.pod.image import ImagePattern
from webhook.pod.image_rewrite import Rewrites
from webhook.source.path import Path
from webhook.source.shape import On, Problems

_Derived = TypeVar("_Derived")


class Subject:
    """What a rule looks at: an object, its pod where it carries one, and the containers that the rule is about.

    `pod` is None for kinds without one. `namespace` is None where its labels are not known or it has none. What only
    registries know is asked of `learning`.
    """

    __slots__ = (
        "_derived",
        "_image_volumes",
        "_images",
        "containers",
        "learning",
        "namespace",
        "now",
        "object",
        "pod",
        "request",
    )

    def __init__(
        self,
        request: Request,
        obj: dict[str, Any],
        pod: Pod | None,
        namespace: Namespace | None,
        now: datetime,
        containers: tuple[Container, ...] | None = None,
        image_volumes: tuple[ImageUse, ...] | None = None,
        learning: Learning = NOTHING_TO_LEARN,
    ) -> None:
        self.request = request
        self.object = obj
        self.pod = pod
        self.namespace = namespace
        self.now = now
        self.learning = learning
        self.containers = containers if containers is not None else pod.containers if pod else ()
        self._image_volumes = image_volumes
        self._images: tuple[ImageUse, ...] | None = None
        self._derived: dict[Hashable, Any] = {}

    @property
    def images(self) -> tuple[ImageUse, ...]:
        """Every image that the chosen containers and the image volumes bring in."""
        if self._images is None:
            self._images = tuple(map(image_use, self.containers)) + self.image_volumes
        return self._images

    @property
    def image_volumes(self) -> tuple[ImageUse, ...]:
        """The images that are mounted as volumes, as far as the rule is about them."""
        if self._image_volumes is None:
            self._image_volumes = self.pod.image_volumes if self.pod else ()
        return self._image_volumes

    def derived(self, key: Hashable, build: Callable[["Subject"], _Derived]) -> _Derived:
        """What `build` makes of the subject: made once, and shared by all rules that ask under the same key."""
        if key not in self._derived:
            self._derived[key] = build(self)
        found: _Derived = self._derived[key]
        return found

    def narrowed(self, containers: tuple[Container, ...], image_volumes: tuple[ImageUse, ...]) -> "Subject":
        """The same subject with other containers."""
        known = (self.request, self.object, self.pod, self.namespace, self.now)
        return Subject(*known, containers, image_volumes, self.learning)


Check = Callable[[Subject], Iterator[Found]]
"""Looks at the final object; says nothing when all is well."""

Make = Callable[[Subject, Draft], None]
"""Makes it so, through the draft; does nothing where it is so already."""

Condition = Callable[[Subject], bool]

Fine = Callable[[Subject], bool]
"""True only where every check of the rule would say nothing; False says that the checks must be asked."""


class ReadMark(NamedTuple):
    """A label or annotation of the pod that decides what a rule does: where it stands in the pod, the value that counts
    (None: any), the path under the rule type's key that names it, and whether the rule does nothing without it."""

    at: Path
    value: str | None
    below: Path
    needed: bool = False


Said = Callable[[Subject], list[Any] | None]
"""All that a rule depends on, in parts that it judges one by one: texts, or nested tuples of texts, where equal parts
have an equal verdict; None where the rule depends on more."""


class Vouching(NamedTuple):
    """Whom a rule counts on: an Authority by its name, or all that have the role where `name` is empty; the path under
    the rule type's key that says so, and the role that is needed."""

    below: Path
    name: str
    role: str


class Reads(NamedTuple):
    """Parts of an object, each as pod, container or object and a path there; with `whole`, the verdict on one container
    depends on what others say."""

    parts: frozenset[tuple[str, Path]] = frozenset()
    whole: bool = False


class RuleParts(NamedTuple):
    """A compiled rule: what it checks, and how it makes it so in each phase."""

    checks: tuple[Check, ...] = ()
    fine: Fine | None = None
    """The short answer for the many objects in which all is well; asked before the checks."""
    said: Said | None = None
    """Where it depends on a few parts alone: what was fine once is then fine again."""
    reads: Reads | None = None
    """What its checks read of an object, where nothing else matters to them."""
    inject: Make | None = None
    rewrite: Make | None = None
    fill: Make | None = None
    pin: Make | None = None
    fill_object: Make | None = None
    """Fills an object's own fields, outside a pod template."""
    roles: frozenset[Role] = ALL_ROLES
    """The containers it is about where the rule does not say `containers.of`."""
    injects: tuple[str, ...] = ()
    """The names of the containers that `inject` puts in."""
    beside: str = ""
    """The container beside which it puts them: a rule that puts that one in runs before."""
    rewrites: Rewrites | None = None
    """The registries that it replaces: exceptions for images follow them."""
    needs_pod: bool = True
    """False where the rule can also judge kinds that carry no pod."""
    needs_namespace: bool = False
    """Whether it reads the namespace's labels or annotations."""
    about_containers: bool = True
    """False where it looks at no container, so that a choice among them does nothing."""
    quotes: bool = False
    """Whether its words tell values of the object only as `quote` does, so that they can be taken out again."""
    marks: tuple[ReadMark, ...] = ()
    """The pod's own labels and annotations that it reads to know what to do."""
    vouching: tuple[Vouching, ...] = ()
    """Whose evidence counts."""
    asks: tuple[tuple[Path, ImagePattern], ...] = ()
    """Images about which it asks registries, and the paths under the rule type's key that say so."""
    of_scale: tuple[Check, ...] = ()
    """What it says of replicas alone: of a Scale, by which `kubectl scale` changes them, nothing else can be said."""


class Declared(NamedTuple):
    """What a rules folder declares beside its policies: Authorities by their roles, and the hosts of its Registries."""

    authorities: Mapping[str, tuple[str, ...]]
    hosts: frozenset[str]


class Compiling(NamedTuple):
    """A rule while it is being compiled: where it stands, so that what is wrong is told at its own keys."""

    at: Path
    problems: Problems
    kinds: tuple[KindPattern, ...] | None = None
    """What `match.kinds` says; None where it is left out: Pod and every kind that carries one."""
    narrowed: bool = True
    """Whether a match or a `when` says that the rule is about less than everything."""
    declared: Declared | None = None
    """None where a policy is taken by itself: nobody knows what stands beside it."""

    def error(self, below: Path, message: str, cure: str | None = None, on: On = "value") -> None:
        """Something that keeps the rule from being used; `below` is the path under the rule type's key."""
        self.problems.error((*self.at, *below), message, cure, on)

    def refused(self, below: Path, error: ValueError, on: On = "value") -> None:
        """A text that its own grammar refused: ValueError(message) or ValueError(message, cure)."""
        message, *cure = error.args or ("not valid",)
        self.error(below, str(message), str(cure[0]) if cure else None, on)

    def warning(self, below: Path, message: str, cure: str | None = None, on: On = "value") -> None:
        """Something that is allowed and probably not meant."""
        self.problems.warning((*self.at, *below), message, cure, on)


POD_PHASES = ("inject", "rewrite", "fill", "pin")
"""The order in which a pod is mutated: each phase sees what the earlier ones did."""

EPHEMERAL_PHASES = ("rewrite", "pin")
"""What can still be made so for a new ephemeral container."""

OBJECT_PHASES = ("fill_object",)
"""What is made so for an object that is no pod: its own fields, outside a pod template."""
