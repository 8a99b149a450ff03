"""Facts about images for commands: nobody is asked unless `--evidence` says whom."""

import argparse
import os
from typing import TYPE_CHECKING

from webhook.admission.decision import Decision
from webhook.admission.facts import Facts, Needs
from webhook.admission.request import Request
from webhook.commands._context import Context
from webhook.engine.decide import decide
from webhook.policy.ruleset import Ruleset

if TYPE_CHECKING:
    from webhook.evidence.asking import Asking

ROUNDS = 3
"""How often a decision may ask for facts and be made again."""


def add_evidence_option(parser: argparse.ArgumentParser) -> None:
    """Where signatures, scans and digests of images are looked up."""
    where = "look images up: `registry` asks those that the rules declare, with your docker login; or an OCI layout "
    parser.add_argument("--evidence", metavar="WHERE", help=f"{where}or a folder of sigstore bundles")


class Deciding:
    """Decides requests under rules, with whatever `--evidence` allows to look up; to be closed."""

    def __init__(self, args: argparse.Namespace, ruleset: Ruleset, context: Context) -> None:
        self._ruleset, self._context = ruleset, context
        self._asking = _asking(args, ruleset) if args.evidence else None
        self._facts = context.facts._replace(dialable=self._asking is not None)

    def __enter__(self) -> "Deciding":
        return self

    def __exit__(self, *_: object) -> None:
        if self._asking:
            self._asking.close()

    def decision(self, request: Request) -> Decision:
        """The decision about one request."""
        facts = self._facts
        for _ in range(ROUNDS):
            decision = decide(request, self._ruleset, facts, self._context.now)
            if isinstance(decision, Decision):
                return decision
            facts = self._gathered(decision, facts)
        raise RuntimeError(f"the decision asked for facts again and again: {decision}")

    def _gathered(self, needs: Needs, facts: Facts) -> Facts:
        if self._asking is None:
            raise RuntimeError(f"nobody can be asked, and something is needed: {needs}")
        return facts._replace(images={**facts.images, **self._asking.gather(needs.images)})


def _asking(args: argparse.Namespace, ruleset: Ruleset) -> "Asking":
    from webhook.evidence.asking import Asking

    return Asking(ruleset.trusted, args.evidence, docker_config())


def docker_config() -> str:
    """Where the logins of whoever runs the command stand."""
    folder = os.environ.get("DOCKER_CONFIG") or os.path.join(os.path.expanduser("~"), ".docker")
    return os.path.join(folder, "config.json")
