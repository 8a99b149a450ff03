"""The command line: each command is one file in commands/, imported when it is called."""

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from functools import cache
from importlib import import_module

from webhook import VERSION
from webhook.errors import DoorwardError

COMMANDS = {
    "check": "Check manifests against the rules, offline, with the cluster's answer.",
    "lint": "Check the rules themselves.",
    "explain": "Say which rules apply to an object and why, or what a policy says in words.",
    "test": "Run the cases of PolicyTest documents beside the rules.",
    "evidence": "Show what is attached to an image and why it counts or does not, or attest to an image.",
    "serve": "Answer the Kubernetes API server over TLS; health and metrics on a second, plain port.",
    "manifests": "Print the webhook configurations that the loaded rules need.",
    "certs": "Make, rotate and show the certificates that the API server trusts, in a folder or in a cluster.",
    "catalogue": "Print a page about the rules folder: its policies, what they change, their parameters and Profiles.",
    "schema": "Print the JSON Schema of the rules folder, for editors.",
    "version": "Print the version.",
}
"""Every command with its sentence; a test holds them against the modules."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code (design.md section 7)."""
    if arguments is None:  # a process of our own: nothing is garbage while modules are loaded
        gc.disable()
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _run(words)
    except DoorwardError as error:
        print(f"doorward: error: {error}", file=sys.stderr)  # noqa: T201 - the command line speaks here
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has gone; nobody is left to be told
        return 0
    except Exception as error:  # noqa: BLE001 - a fault of ours is one sentence too, never a trace
        print(f"doorward: internal error, a fault of ours: {_told(error)}", file=sys.stderr)  # noqa: T201
        return 2
    finally:
        if arguments is None:
            gc.freeze()  # nor at the end, when Python would look through everything once more


def _told(error: Exception) -> str:
    """The error and the line it came from: enough to report it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" ({trace.tb_frame.f_code.co_filename}:{trace.tb_lineno})" if trace else ""
    return f"{type(error).__name__}: {error}{place}"


def _formatter(prog: str) -> argparse.HelpFormatter:
    """Help as wide as the terminal. argparse asks shutil for that, which takes longer to import than all arguments to
    add, and asks for every argument."""
    return argparse.HelpFormatter(prog, width=_columns() - 2)


@cache
def _columns() -> int:
    said = os.environ.get("COLUMNS", "")
    if said.isdecimal() and int(said):
        return int(said)
    try:
        return os.get_terminal_size(1).columns or 80
    except OSError:
        return 80


def _run(words: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="doorward", description="Compliance at the source of change, for Kubernetes.", formatter_class=_formatter
    )
    parser.add_argument("--version", action="version", version=f"doorward {VERSION}")
    commands = parser.add_subparsers(prog="doorward", dest="command", metavar="COMMAND", required=True)
    chosen = next((word for word in words if not word.startswith("-")), None)
    if chosen is not None and chosen not in COMMANDS:
        from webhook.patterns import closest

        guess = closest(chosen, COMMANDS)
        parser.error(f"there is no command `{chosen}`" + (f"; did you mean `{guess}`?" if guess else ""))
    for name in [chosen] if chosen and words[0] == chosen else COMMANDS:  # what stands before a command may want all
        sentence = COMMANDS[name]
        command = commands.add_parser(name, help=sentence, description=sentence, formatter_class=_formatter)
        if name == chosen:
            import_module(f"webhook.commands.{name}").add(command)
    parsed = parser.parse_args(words)
    if parsed.command != "check":  # which does without to its end
        gc.enable()
    code: int = import_module(f"webhook.commands.{parsed.command}").run(parsed)
    return code


if __name__ == "__main__":
    raise SystemExit(main())
