"""Check manifests against the rules, offline, with the cluster's answer."""

import argparse
import gc
import os
import time
from collections.abc import Iterator

from webhook.admission.request import Operation
from webhook.commands._context import Context, add_context_options, placed, read_context
from webhook.commands._evidence import Deciding, add_evidence_option
from webhook.commands._manifests import Manifest, read_manifests
from webhook.commands._rules import add_rules_options, load_rules
from webhook.engine.as_written import told_by_api_server
from webhook.report.result import Checked, FailOn, Run, exit_code, outlook

FORMATS = ("text", "json", "sarif", "junit", "github")


def add(parser: argparse.ArgumentParser) -> None:
    """What is checked, against which rules, in which circumstances, and how it is told."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="files, folders, globs, or - for standard input")
    add_rules_options(parser)
    add_context_options(parser)
    add_evidence_option(parser)
    parser.add_argument("-o", "--output", choices=FORMATS, default="text")
    parser.add_argument("--diff", action="store_true", help="show what the rules would change")
    parser.add_argument("--fail-on", choices=[f.value for f in FailOn], default="deny")
    parser.add_argument("--strict", action="store_true", help="fail on what the API server would drop or refuse")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto")


def run(args: argparse.Namespace) -> int:
    """Findings on standard output, the summary on standard error; the exit code is the same for every format."""
    collects = gc.isenabled()
    gc.disable()  # everything that is made here lives until the end; looking through it again and again only costs
    try:
        return _check(args)
    finally:
        if collects:
            gc.enable()


def _check(args: argparse.Namespace) -> int:
    began = time.perf_counter()
    ruleset, warned = load_rules(args)
    manifests = read_manifests(args.paths)
    context = read_context(args, manifests.found)
    with Deciding(args, ruleset, context) as deciding:
        checked = tuple(_check_all(manifests.found, deciding, context, strict=args.strict))
    notes = [*warned, *manifests.notes, *_namespace_note(args, checked)]
    result = Run(
        checked=checked,
        files=manifests.files,
        rules=len(ruleset.rules),
        seconds=time.perf_counter() - began,
        problems=(*manifests.problems, *context.problems),
        notes=tuple(notes),
        outlook=outlook(ruleset, context.now),
        root=_repository_root(),
        cwd=os.getcwd(),
    )
    _print(result, args)
    return exit_code(result, FailOn(args.fail_on))


def _check_all(found: tuple[Manifest, ...], deciding: Deciding, context: Context, *, strict: bool) -> Iterator[Checked]:
    for manifest in found:
        request = context.request(manifest.object)
        decision = deciding.decision(request)
        place = placed(manifest, request, decision)
        deleting = request.operation is Operation.DELETE
        checked = Checked(decision, request, manifest.object, manifest.file, place, manifest.origin)
        told = () if deleting else told_by_api_server(manifest.object, strict=strict)
        yield checked._replace(as_written=told, place_as_written=manifest.place) if told else checked


def _namespace_note(args: argparse.Namespace, checked: tuple[Checked, ...]) -> Iterator[str]:
    """Say which namespace was taken where an object names none and the user did not either."""
    nameless = [one for one in checked if one.request.namespace and not _names_namespace(one)]
    if nameless and not args.namespace:
        yield "objects without a namespace were checked as if in `default`; say --namespace to choose another"


def _names_namespace(one: Checked) -> bool:
    metadata = one.authored.get("metadata")
    return one.kind == "Namespace" or (isinstance(metadata, dict) and bool(metadata.get("namespace")))


def _repository_root() -> str:
    """The nearest folder upwards that holds .git; "" where there is none."""
    folder = os.getcwd()
    while not os.path.exists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return ""
        folder = parent
    return folder


def _print(result: Run, args: argparse.Namespace) -> None:
    from webhook.commands._output import print_run

    print_run(result, args.output, fail_on=FailOn(args.fail_on), diff=args.diff, color=args.color)
