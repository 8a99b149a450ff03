"""Print the JSON Schema of the rules folder, for editors."""

import argparse
import json

from webhook.policy.schema import rules_schema


def add(parser: argparse.ArgumentParser) -> None:
    """There is nothing to choose; the epilog tells how to use it."""
    parser.epilog = "Editors that know YAML language servers: # yaml-language-server: $schema=./doorward.schema.json"


def run(_: argparse.Namespace) -> int:
    """The schema as JSON on standard output."""
    print(json.dumps(rules_schema(), indent=2))
    return 0
