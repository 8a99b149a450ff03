"""Say which rules apply to an object and why, or what a policy says in words."""

import argparse
import os
import sys
from collections.abc import Iterable, Mapping

from webhook.admission.words import listing, plural
from webhook.commands._context import add_context_options, placed, read_context
from webhook.commands._manifests import Manifest, read_manifests
from webhook.commands._output import style_of
from webhook.commands._rules import add_rules_options, refuse, rules_folders
from webhook.engine.explain import explain
from webhook.errors import UsageError
from webhook.patterns import closest
from webhook.policy.described import describe, names_of
from webhook.policy.load import Loading, read
from webhook.policy.model import Document
from webhook.policy.ruleset import Ruleset
from webhook.report import explain as report
from webhook.report import explain_policy as policy_report
from webhook.report import rules
from webhook.report.result import BROKEN, CLEAN, UNDECIDED, Checked, Run, outlook
from webhook.report.style import Style
from webhook.source.problem import Level, Problem

_MOST_NAMED = 12  # policies that an error names


def add(parser: argparse.ArgumentParser) -> None:
    """What is explained, under which rules, in which circumstances, and how it is told."""
    parser.add_argument(
        "what", metavar="FILE|POLICY", help="a file or folder with objects, - for standard input, POLICY or POLICY/RULE"
    )
    parser.add_argument(
        "--name", default="", help="of several objects the one called NAME, NAMESPACE/NAME or KIND/NAME"
    )
    add_rules_options(parser)
    add_context_options(parser)
    parser.add_argument("-o", "--output", choices=("text", "json"), default="text")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto")


def run(args: argparse.Namespace) -> int:
    """0 where something was explained, 2 where it could not be read or found, 3 where there is no object."""
    loading = read(rules_folders(args), args.profile)
    if loading.ruleset is None:
        refuse(loading.problems, len(loading.folder.files))
    known = {name: document for document in loading.folder.of("Policy") for name in names_of(document)}
    if args.what == "-" or os.path.isfile(args.what) or (args.what not in known and os.path.exists(args.what)):
        return _objects(args, loading, loading.ruleset)
    return _policy(args, loading, known)


def _objects(args: argparse.Namespace, loading: Loading, ruleset: Ruleset) -> int:
    manifests = read_manifests([args.what])
    context = read_context(args, manifests.found)
    told = []
    for manifest in _named(args.name, manifests.found):
        request = context.request(manifest.object)
        explanation = explain(request, ruleset, context.facts, context.now)
        decision = explanation.decision
        place = placed(manifest, request, decision)
        checked = Checked(decision, request, manifest.object, manifest.file, place, manifest.origin)
        told.append(report.Told(checked, explanation))
    ran = Run(
        checked=tuple(one.checked for one in told),
        files=manifests.files,
        rules=len(ruleset.rules),
        notes=tuple(manifests.notes),
        outlook=outlook(ruleset, context.now),
    )
    explaining = report.Explaining(tuple(told), ran, context.now, ruleset.profile, _absent(loading))
    sys.stdout.write(report.json(explaining) if args.output == "json" else report.text(explaining, _style(args)))
    sys.stdout.flush()
    problems = (*manifests.problems, *context.problems)
    _tell(problems)
    sys.stderr.write(report.summary(explaining, style_of(sys.stderr, args.color)))
    if any(problem.level is Level.ERROR for problem in problems):
        return BROKEN
    return CLEAN if told else UNDECIDED


def _policy(args: argparse.Namespace, loading: Loading, known: Mapping[str, Document]) -> int:
    if args.what not in known:
        raise UsageError(f"there is no file and no policy {args.what}; {_guess(args.what, known, loading)}")
    described = describe(known[args.what], loading)
    now = read_context(args, ()).now
    profile = loading.ruleset.profile if loading.ruleset else ""
    told = policy_report.TellingPolicy(described, args.what.partition("/")[2], profile, now)
    sys.stdout.write(policy_report.json(told) if args.output == "json" else policy_report.text(told, _style(args)))
    return CLEAN


def _guess(what: str, known: Iterable[str], loading: Loading) -> str:
    """What was probably meant: a policy or rule of a similar name, or a rule that is named without its policy."""
    names = list(known)
    rules = {name.partition("/")[2]: name for name in names if "/" in name}
    guess = rules.get(what) or closest(what, names) or rules.get(closest(what, rules) or "")
    if guess:
        return f"did you mean {guess}?"
    other = next((document for document in loading.folder.documents if document.name == what), None)
    if other is not None:
        return f"{what} is {'an' if other.kind[0] in 'AE' else 'a'} {other.kind}"
    policies = sorted(name for name in names if "/" not in name)
    if len(policies) > _MOST_NAMED:
        return f"the rules folder has {plural(len(policies), 'policy', 'policies')} of other names"
    return f"the policies here are {listing(policies, 'and')}" if policies else "there is no policy here"


def _named(name: str, found: tuple[Manifest, ...]) -> tuple[Manifest, ...]:
    """The objects of this name; all where none is asked for."""
    if not name:
        return found
    names = [_names(one) for one in found]
    chosen = tuple(one for one, called in zip(found, names, strict=True) if name in called)
    if not chosen:
        every = list(dict.fromkeys(called[0] for called in names))
        guess = closest(name, [one for called in names for one in called])
        cure = f"did you mean {guess}?" if guess else f"there are {', '.join(every) or 'none'}"
        raise UsageError(f"no object is called {name}; {cure}")
    return chosen


def _names(manifest: Manifest) -> tuple[str, ...]:
    """How an object may be called: name, namespace/name, kind/name."""
    metadata = manifest.object.get("metadata") or {}
    name = str(metadata.get("name") or metadata.get("generateName") or "")
    return name, f"{manifest.object['kind']}/{name}", f"{metadata.get('namespace') or ''}/{name}"


def _absent(loading: Loading) -> tuple[str, ...]:
    """The policies that the Profile leaves out."""
    names = (document.name for document in loading.folder.of("Policy"))
    return tuple(sorted(name for name in names if not loading.profile.in_force(name)))


def _tell(problems: Iterable[Problem]) -> None:
    """What is wrong with the inputs, on standard error."""
    sys.stderr.write(rules.text(rules.Linted(tuple(problems), 0, 0), style_of(sys.stderr, "auto")))


def _style(args: argparse.Namespace) -> Style:
    return style_of(sys.stdout, args.color)
