"""`doorward evidence show`: everything that is attached to an image, and what each rule makes of it."""

import argparse
import sys
from collections.abc import Iterator
from datetime import datetime

from webhook.admission.evidence import ImageFacts, ImageNeed, NotHad
from webhook.admission.request import Request
from webhook.commands._context import Context, read_context
from webhook.commands._evidence import docker_config
from webhook.commands._output import style_of
from webhook.commands._rules import add_rules_options, load_rules
from webhook.engine.match import Matching, match
from webhook.errors import UsageError
from webhook.pod.image import Image
from webhook.policy.ruleset import Rule, Ruleset
from webhook.report.evidence import Needed, Ruled, Showing, json, text
from webhook.rule_types._evidence_check import Asking, asked_by
from webhook.rule_types._pinning import undeclared


def add(parser: argparse.ArgumentParser) -> None:
    """Which image, under which rules, where it is looked up and how it is told."""
    parser.add_argument("image", metavar="IMAGE", help="an image, by tag or by digest")
    add_rules_options(parser)
    where = (
        "`registry` (the default) asks those that the rules declare; or an OCI layout or a folder of sigstore bundles"
    )
    parser.add_argument("--evidence", default="registry", metavar="WHERE", help=where)
    place = "show the rules for pods in this namespace alone (default: all rules about the image)"
    parser.add_argument("-n", "--namespace", default="", help=place)
    parser.add_argument("--namespaces", metavar="FILE", help="Namespace documents, for their labels")
    parser.add_argument("--as", dest="user", metavar="USER", help="who applies")
    parser.add_argument("--as-group", action="append", default=[], metavar="GROUP", help="a group of that user")
    parser.add_argument("--at", metavar="TIME", help="the moment to judge at, such as 2027-01-31T12:00:00Z")
    parser.add_argument("-o", "--output", choices=("text", "json"), default="text")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto")
    parser.set_defaults(old=None, operation=None)


def run(args: argparse.Namespace) -> int:
    """0 where every rule is satisfied, 1 where one is not, 3 where something could not be learnt."""
    image = image_of(args.image)
    ruleset, _ = load_rules(args)
    context = read_context(args, ())
    facts = _facts(image, args.evidence, ruleset)
    rules = tuple(_rules(image, facts, ruleset, context, placed=bool(args.namespace)))
    showing = Showing(image, facts, rules, args.namespace, context.now)
    sys.stdout.write(json(showing) if args.output == "json" else text(showing, style_of(sys.stdout, args.color)))
    sys.stdout.flush()
    if rules and not args.namespace:
        sys.stderr.write("every rule about the image is shown, as for `default`; say --namespace to choose another\n")
    return showing.exit_code


def image_of(written: str) -> Image:
    """The image that somebody names; raises UsageError."""
    try:
        return Image.parse(written)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _facts(image: Image, source: str, ruleset: Ruleset) -> ImageFacts | NotHad:
    from webhook.evidence.asking import Asking as Gathering

    need = ImageNeed(image.reference, evidence=True, platforms=True)
    asking = Gathering(ruleset.trusted, source, docker_config())
    try:
        return asking.gather([need])[need.reference]
    finally:
        asking.close()


def _rules(
    image: Image, facts: ImageFacts | NotHad, ruleset: Ruleset, context: Context, *, placed: bool
) -> Iterator[Ruled]:
    """The rules that ask for evidence of the image; with `placed` those that apply to a pod in the namespace alone."""
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {},
        "spec": {"containers": [{"name": "a", "image": image.text}]},
    }
    request = context.request(pod)
    matching = match(request, ruleset, context.facts, context.now)
    if not isinstance(matching, Matching):
        raise TypeError("nobody can be asked here, so nothing is needed")
    modes = {one.rule.info.id: one.mode.value for one in matching.applicable}
    unsure = {rule.info.id: reason for rule, reason in matching.unknown}
    for rule in ruleset.rules:
        asking, name = asked_by(rule.parts), rule.info.id
        if asking is None or not _is_about(rule, asking, image) or (placed and name not in (*modes, *unsure)):
            continue
        needed = tuple(_needed(asking, image, facts, request, context.now))
        yield Ruled(rule.info, modes.get(name, "") if placed else "", unsure.get(name, "") if placed else "", needed)


def _is_about(rule: Rule, asking: Asking, image: Image) -> bool:
    chosen = rule.selection
    if chosen and chosen.exclude and chosen.exclude.covers(image):
        return False
    return asking.wanted(image) is not None and not (chosen and chosen.include and not chosen.include.covers(image))


def _needed(
    asking: Asking, image: Image, facts: ImageFacts | NotHad, request: Request, now: datetime
) -> Iterator[Needed]:
    known = facts if asking.knows(image) else undeclared(image.host)
    if isinstance(known, NotHad):
        for one in asking.requirements:
            yield Needed(one.name, one.kind.type, known.outcome, known.reason, "")
        return
    for one, judged in asking.outcomes(known, request, now):
        verdict = judged.verdict
        cure = "" if verdict.satisfied else one.cure(verdict, f"{image.repository}@{judged.digest}")
        found = (verdict.outcome, verdict.detail, cure, judged.digest, judged.platform)
        yield Needed(one.name, one.kind.type, *found)
