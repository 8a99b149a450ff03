"""The options of every command that loads rules, and what is said when the folder is broken."""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from webhook.commands._output import style_of
from webhook.errors import InputError, RulesError
from webhook.policy.load import read
from webhook.policy.ruleset import Ruleset
from webhook.source.problem import Level, Problem

DEFAULT = "policies"


def add_rules_options(parser: argparse.ArgumentParser) -> None:
    """--policies and --profile."""
    parser.add_argument(
        "-p", "--policies", action="append", metavar="DIR", help="a rules folder (default: ./policies); may be repeated"
    )
    parser.add_argument("--profile", default="", help="the Profile in force (default: the only one, or the default)")


def rules_folders(args: argparse.Namespace) -> list[str]:
    """The folders that were asked for, or ./policies."""
    if args.policies:
        return list(args.policies)
    if not os.path.isdir(DEFAULT):
        from webhook import shipped

        cure = f"name the rules folder with --policies DIR; the rules that Doorward ships are in {shipped.policies()}"
        raise InputError(f"there is no folder ./policies here: {cure}")
    return [DEFAULT]


def load_rules(args: argparse.Namespace) -> tuple[Ruleset, list[str]]:
    """The ruleset, and a note where the folder has warnings; raises RulesError where it is broken."""
    loading = read(rules_folders(args), args.profile)
    if loading.ruleset is None:
        refuse(loading.problems, len(loading.folder.files))
    count = len(loading.problems)
    return loading.ruleset, [f"the rules have {count} warnings: see `doorward lint`"] if count else []


def refuse(problems: Sequence[Problem], files: int) -> NoReturn:
    """Tell everything that is wrong with the rules on standard error, and raise RulesError."""
    from webhook.report import rules

    sys.stderr.write(rules.text(rules.Linted(tuple(problems), files, 0), style_of(sys.stderr, "auto")))
    raise RulesError([problem for problem in problems if problem.level is Level.ERROR])
