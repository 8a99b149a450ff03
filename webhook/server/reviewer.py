"""One review in, one answer out: decode, decide, gather what is missing, decide again, encode, tell the observers."""

import logging
import secrets
from datetime import UTC, datetime
from time import monotonic, perf_counter
from typing import NamedTuple

from webhook.admission.decision import Decision
from webhook.admission.facts import Facts, Needs
from webhook.admission.request import Request
from webhook.admission.words import clean
from webhook.engine import review
from webhook.engine.decide import Stage, decide
from webhook.errors import ReviewError
from webhook.observe.decision_log import DecisionLog
from webhook.observe.metrics import Metrics
from webhook.policy.ruleset import Ruleset
from webhook.report.deny import causes, denial, deny_message
from webhook.report.warnings import audit_annotations, warnings
from webhook.server.facts import FactsSource
from webhook.server.guard import Answer, Refused
from webhook.server.images import ImagesSource, NoImages
from webhook.server.reload import Rules

ROUNDS = 3
"""How often a decision may ask for facts and be made again."""

_log = logging.getLogger("doorward.admission")


class UnsettledError(Exception):
    """A decision asked for facts again and again; this is a fault of ours."""


class NoRulesError(Exception):
    """A review came through before any rules were in force; this is a fault of ours."""


NO_IMAGES = NoImages()


class _Waiting(NamedTuple):
    """A review that is under way, and the facts for which it waits."""

    stage: Stage
    request: Request
    ruleset: Ruleset
    facts: Facts
    moment: datetime
    began: float
    needs: Needs


class Reviewer:
    """Answers reviews; `decision_log` None keeps no log of decisions."""

    def __init__(
        self,
        rules: Rules,
        facts: FactsSource,
        metrics: Metrics,
        decision_log: DecisionLog | None,
        images: ImagesSource = NO_IMAGES,
    ) -> None:
        self._rules, self._facts, self._metrics, self._decision_log = rules, facts, metrics, decision_log
        self._images = images

    async def answer(self, stage: Stage, body: bytes, deadline: float) -> Answer:
        """The answer to the review in `body`, which should be there at `deadline` on the monotonic clock.

        Raises Refused where no review can be answered: the body is none, or a fault of ours met /mutate, which never
        denies: its failurePolicy lets the object through, and /validate judges it.
        """
        begun = self._begin(stage, body)
        return begun if isinstance(begun, Answer) else await self._settled(begun, deadline)

    def at_once(self, stage: Stage, body: bytes) -> Answer | None:
        """The same, where nothing has to be gathered first; else None, and nobody was told of the review."""
        begun = self._begin(stage, body)
        return begun if isinstance(begun, Answer) else None

    def _begin(self, stage: Stage, body: bytes) -> "Answer | _Waiting":
        began = perf_counter()
        try:
            request = review.decode(body)
        except ReviewError as error:
            return self._malformed(error)
        moment = datetime.now(UTC)
        try:
            ruleset = self._in_force()
            facts = self._known(request, ruleset)
            decision = decide(request, ruleset, facts, moment, stage)
            if isinstance(decision, Needs):
                return _Waiting(stage, request, ruleset, facts, moment, began, decision)
            encoded = _encode(request, decision, ruleset, moment, stage)
        except Exception as error:  # noqa: BLE001 - whatever it is: a clean answer, and an id to find the trace
            return self._failed(error, stage, request, moment)
        self._tell(stage, request, decision, moment, perf_counter() - began)
        return Answer(200, encoded)

    async def _settled(self, waiting: "_Waiting", deadline: float) -> Answer:
        stage, request, ruleset, _, moment, began, _ = waiting
        try:
            decision = await self._settle(waiting, deadline)
            encoded = _encode(request, decision, ruleset, moment, stage)
        except Exception as error:  # noqa: BLE001 - as above
            return self._failed(error, stage, request, moment)
        self._tell(stage, request, decision, moment, perf_counter() - began)
        return Answer(200, encoded)

    def _in_force(self) -> Ruleset:
        ruleset = self._rules.current
        if ruleset is None:
            raise NoRulesError
        return ruleset

    async def _settle(self, waiting: "_Waiting", deadline: float) -> Decision:
        """The decision after what it needs was gathered, as often as it may ask."""
        _, request, ruleset, facts, moment, _, needs = waiting
        for _ in range(ROUNDS - 1):
            facts = await self._gathered(needs, facts, waiting, deadline)
            decision = decide(request, ruleset, facts, moment, waiting.stage)
            if isinstance(decision, Decision):
                return decision
            needs = decision
        raise UnsettledError(f"still asking for {', '.join(sorted((*needs.namespaces, *map(str, needs.images))))}")

    def _known(self, request: Request, ruleset: Ruleset) -> Facts:
        """What is known without asking anybody."""
        facts, images = self._facts.known(request.namespace), self._images.known(request, ruleset)
        return facts if images is None else facts._replace(images=images)

    async def _gathered(self, needs: Needs, facts: Facts, waiting: "_Waiting", deadline: float) -> Facts:
        """The facts, and what was needed."""
        if needs.namespaces:
            facts = await self._facts.gather(needs, facts, deadline - monotonic())
        if needs.images:
            seconds = deadline - monotonic()
            found = await self._images.gather(needs.images, waiting.request, waiting.ruleset, seconds)
            facts = facts._replace(images={**facts.images, **found})
        return facts

    def _tell(self, stage: Stage, request: Request, decision: Decision, moment: datetime, seconds: float) -> None:
        """Metrics and logs; what goes wrong here does not touch the answer."""
        try:
            self._metrics.decided(stage.value, request.operation, decision, seconds)
            if self._decision_log:
                self._decision_log.decided(moment, stage.value, request, decision, seconds)
            for fault in decision.faults:
                _log.error("the rule %s broke", fault.rule, exc_info=fault.error, extra={"id": decision.id})
        except Exception:  # noqa: BLE001 - the answer is already right
            _log.exception("a decision could not be observed")

    def _malformed(self, error: ReviewError) -> Answer:
        """What cannot be read cannot be let in."""
        sentence = clean(str(error))
        if not error.uid:
            raise Refused(400, "malformed", sentence) from error
        self._metrics.refused("malformed")
        return Answer(200, review.encode(error.uid, allowed=False, code=400, reason="BadRequest", message=sentence))

    def _failed(self, error: Exception, stage: Stage, request: Request, moment: datetime) -> Answer:
        failure = secrets.token_hex(4)
        _log.error("a review could not be decided", exc_info=error, extra={"id": failure, "uid": request.uid})
        self._metrics.failed(stage.value, request.operation)
        if self._decision_log:
            self._decision_log.failed(moment, stage.value, request, failure, type(error).__name__)
        sentence = f"Doorward could not decide, through a fault of its own; its log says more under {failure}"
        if stage is Stage.MUTATE:
            raise Refused(500, "fault", sentence)
        return Answer(
            200, review.encode(request.uid, allowed=False, code=500, reason="InternalError", message=sentence)
        )


def _encode(request: Request, decision: Decision, ruleset: Ruleset, moment: datetime, stage: Stage) -> bytes:
    annotations = audit_annotations(decision)
    told = warnings(decision, ruleset, moment) if decision.findings or decision.notes else ()
    if decision.allowed:
        patch = decision.patch if stage is Stage.MUTATE else ()
        return review.encode(request.uid, allowed=True, warnings=told, patch=patch, audit_annotations=annotations)
    code, reason = denial(decision)
    return review.encode(
        request.uid,
        allowed=False,
        code=code,
        reason=reason,
        message=deny_message(decision, request),
        causes=causes(decision),
        warnings=told,
        audit_annotations=annotations,
    )
