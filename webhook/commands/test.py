"""Run the cases of PolicyTest documents beside the rules."""

import argparse
import os.path
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

from webhook.commands._output import style_of
from webhook.commands._rules import add_rules_options, refuse, rules_folders
from webhook.engine.cases import judge_case
from webhook.errors import InputError
from webhook.policy.cases import Case, Judged
from webhook.policy.load import Loading, read
from webhook.policy.ruleset import Ruleset
from webhook.policy.suites import Suite, ruleset_of
from webhook.report import cases as report
from webhook.source import files
from webhook.source.path import Path
from webhook.source.positions import Part
from webhook.source.problem import Place

FORMATS = {"json": report.json, "junit": report.junit}


def add(parser: argparse.ArgumentParser) -> None:
    """Which cases, under which rules, and how it is told."""
    parser.add_argument("paths", nargs="*", metavar="DIR", help="folders or files with cases (default: the rules)")
    add_rules_options(parser)
    parser.add_argument("-k", dest="word", default="", metavar="WORD", help="only cases whose name or policy has it")
    parser.add_argument("--junit", metavar="FILE", help="write a JUnit report to a file as well")
    parser.add_argument("-o", "--output", choices=("text", *FORMATS), default="text")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto")


def run(args: argparse.Namespace) -> int:
    """Failed cases on standard output, the summary on standard error; 0 passed, 1 failed, 2 broken, 3 none."""
    began = time.perf_counter()
    folders = [*args.paths, *(args.policies or ())] or rules_folders(args)
    loading = read(folders, args.profile, tests=True)
    if loading.ruleset is None:
        refuse(loading.problems, len(loading.folder.files))
    suites = _asked(args.paths, loading)
    ran = tuple(one for suite in suites for one in _run(suite, loading, args.word))
    untested = () if args.word else tuple(_untested(suites, args.paths, loading))
    tested = report.CasesRun(ran, untested, time.perf_counter() - began)
    _print(tested, args)
    return report.exit_code(tested)


def _asked(paths: Sequence[str], loading: Loading) -> list[Suite]:
    """The suites under the paths, or all of them."""
    if not paths:
        return list(loading.suites)
    names = {found.name for found in files.find(paths)}
    return [suite for suite in loading.suites if suite.document.file in names]


def _run(suite: Suite, loading: Loading, word: str) -> Iterator[report.Ran]:
    rulesets: dict[Judged, Ruleset] = {}
    for index, case in enumerate(suite.spec.cases):
        if word.lower() not in f"{case.name} {suite.spec.policy}".lower():
            continue
        judged = case.as_ or suite.spec.as_
        if judged not in rulesets:
            rulesets[judged] = _compiled(suite, judged, loading)
        given = _file(suite, case, index) if case.file else None
        judgement = judge_case(case, suite.spec, rulesets[judged], given)
        yield report.Ran(suite.document.name, suite.spec.policy, case.name, _Placed(suite, index), judgement)


def _compiled(suite: Suite, judged: Judged, loading: Loading) -> Ruleset:
    ruleset, problems = ruleset_of(suite, judged, loading.profile, loading.exemptions)
    if ruleset is None:
        refuse(problems, len(loading.folder.files))
    return ruleset


def _file(suite: Suite, case: Case, index: int) -> dict[str, Any]:
    """The one object of a case's file, which stands beside the document or is named from there."""
    from webhook.commands._manifests import read_manifests

    name = os.path.join(os.path.dirname(suite.document.file), case.file)
    place = suite.document.problems.place(("spec", "cases", index, "file"))
    try:
        manifests = read_manifests([name])
    except InputError as error:
        raise InputError(f"{place}: {error}") from None
    if manifests.problems:
        raise InputError(f"{place}: {manifests.problems[0]}")
    if len(manifests.found) != 1:
        raise InputError(f"{place}: {name} holds {len(manifests.found)} objects; a case is about one")
    return manifests.found[0].object


class _Placed:
    """Where the paths of one case stand in its document."""

    def __init__(self, suite: Suite, index: int) -> None:
        self._suite, self._index = suite, index

    def __call__(self, path: Path, part: Part) -> Place:
        return self._suite.document.problems.place(("spec", "cases", self._index, *path), part)


def _untested(suites: Sequence[Suite], paths: Sequence[str], loading: Loading) -> Iterator[report.Untested]:
    """Policies without a case that is refused, or without one that passes; where paths are given, of those suites."""
    documents = [suite.policy for suite in suites] if paths else list(loading.folder.of("Policy"))
    for document in {document.name: document for document in documents}.values():
        expected = [case.expect for suite in suites if suite.spec.policy == document.name for case in suite.spec.cases]
        refuses, passes = any(one.refuses for one in expected), any(one.passes for one in expected)
        if refuses and passes:
            continue
        lacks = "no case that finds something" if passes else "no case that passes" if refuses else "no case"
        yield report.Untested(document.name, lacks, document.problems.place(("metadata", "name")))


def _print(tested: report.CasesRun, args: argparse.Namespace) -> None:
    if args.output == "text":
        sys.stdout.write(report.text(tested, style_of(sys.stdout, args.color)))
    else:
        sys.stdout.write(FORMATS[args.output](tested))
    sys.stdout.flush()
    if args.junit:
        try:
            with open(args.junit, "w", encoding="utf-8") as file:
                file.write(report.junit(tested))
        except OSError as error:
            raise InputError(f"--junit {args.junit}: {error.strerror}") from None
    sys.stderr.write(report.summary(tested, style_of(sys.stderr, args.color)))
