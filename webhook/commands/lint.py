"""Check the rules themselves."""

import argparse
import sys

from webhook.commands._output import style_of
from webhook.commands._rules import add_rules_options, rules_folders
from webhook.errors import RulesError
from webhook.policy.load import read
from webhook.policy.trusted import NOBODY, Trusted
from webhook.report import rules
from webhook.source.problem import Problem

FORMATS = {"json": rules.json, "sarif": rules.sarif, "github": rules.github}


def add(parser: argparse.ArgumentParser) -> None:
    """Which folder, and how it is told."""
    parser.add_argument("paths", nargs="*", metavar="DIR", help="rules folders (default: ./policies)")
    add_rules_options(parser)
    parser.add_argument("-o", "--output", choices=("text", *FORMATS), default="text")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto")


def run(args: argparse.Namespace) -> int:
    """Every error and warning of the folder with its place; 2 where it could not be put in force."""
    loading = read(args.paths or rules_folders(args), args.profile, tests=True)
    count = len(loading.ruleset.rules) if loading.ruleset else 0
    unusable = _unusable(loading.trusted) if loading.trusted != NOBODY else ()
    linted = rules.Linted((*loading.problems, *unusable), len(loading.folder.files), count)
    if args.output == "text":
        sys.stdout.write(rules.text(linted, style_of(sys.stdout, args.color)))
    else:
        sys.stdout.write(FORMATS[args.output](linted))
    sys.stdout.flush()
    sys.stderr.write(rules.summary(linted, style_of(sys.stderr, args.color)))
    return rules.exit_code(linted)


def _unusable(trusted: Trusted) -> tuple[Problem, ...]:
    """Keys, certificates and registries that no server could use."""
    from webhook.evidence.registry import RegistryClient
    from webhook.evidence.trust import Trust

    problems: list[Problem] = []
    for made in (Trust, lambda one: RegistryClient(one.registries)):
        try:
            made(trusted)
        except RulesError as error:
            problems += error.problems  # type: ignore[arg-type]
    return tuple(problems)
