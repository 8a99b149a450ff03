"""Show what is attached to an image and why it counts or does not, or attest to an image."""

import argparse

from webhook.commands import _evidence_attest as attest
from webhook.commands import _evidence_show as show


def add(parser: argparse.ArgumentParser) -> None:
    """The actions and their arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    show.add(actions.add_parser("show", help="list everything attached to an image, and what each rule makes of it"))
    attest.add(actions.add_parser("attest", help="sign a scan, an SBOM, an approval, ..., and attach it to an image"))


def run(args: argparse.Namespace) -> int:
    """Does the action; raises UsageError, InputError, RulesError or RegistryFailure."""
    return show.run(args) if args.action == "show" else attest.run(args)
