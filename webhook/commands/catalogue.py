"""Print a page about the rules folder: its policies, what they change, their parameters and Profiles."""

import argparse
import sys

from webhook.commands._rules import add_rules_options, refuse, rules_folders
from webhook.errors import UsageError
from webhook.policy.load import read
from webhook.report.catalogue import page


def add(parser: argparse.ArgumentParser) -> None:
    """Which folder."""
    parser.add_argument("paths", nargs="*", metavar="DIR", help="the rules folder (default: ./policies)")
    add_rules_options(parser)
    parser.epilog = "Links are relative to the folder: doorward catalogue policies > policies/README.md"


def run(args: argparse.Namespace) -> int:
    """The page as Markdown on standard output."""
    folders = args.paths or rules_folders(args)
    if len(folders) > 1:
        raise UsageError("a catalogue is of one folder: name one")
    loading = read(folders, args.profile)
    if loading.ruleset is None:
        refuse(loading.problems, len(loading.folder.files))
    sys.stdout.write(page(loading, folders[0]))
    return 0
