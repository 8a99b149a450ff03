"""A trace: what a decision went through, kept only where somebody asks why."""

from webhook.engine.mutate import Made
from webhook.engine.plan import Applicable


class Trace:
    """The rules that applied once their conditions had been asked, what they wrote, and what they make of pods.

    `own` is what was written into the object, `pods` what the pods of a workload will get; None where nothing could be.
    """

    __slots__ = ("applicable", "own", "pods")

    def __init__(self) -> None:
        self.applicable: tuple[Applicable, ...] = ()
        self.own: Made | None = None
        self.pods: Made | None = None
