"""Show what is attached to an image and why it counts or does not, or attest to an image."""

import argparse

from webhook.commands import _evidence_show as show


def add(parser: argparse.ArgumentParser) -> None:
    """The actions and their arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    show.add(actions.add_parser("show", help="list everything attached to an image, and what each rule makes of it"))


def run(args: argparse.Namespace) -> int:
    """Does the action; raises UsageError, InputError, RulesError or RegistryFailure."""
    return show.run(args)
