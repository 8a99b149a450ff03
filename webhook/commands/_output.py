"""How a check is printed: findings or a machine's format on standard output, the summary on standard error."""

import os
import sys
from importlib import import_module
from typing import Any

from webhook.admission.edits import replay
from webhook.admission.words import clean
from webhook.report.result import Checked, FailOn, Run
from webhook.report.secrecy import for_reading, secrets_in
from webhook.report.style import Style, choose
from webhook.report.text import report, summary

MACHINE = ("json", "sarif", "junit", "github")


def print_run(run: Run, form: str, *, fail_on: FailOn, diff: bool, color: str) -> None:
    """Print the run in one format; with `diff` the changes go to standard output first (text only)."""
    if form == "text":
        style = style_of(sys.stdout, color)
        if diff:
            sys.stdout.write("".join(difference(one) for one in run.checked))
        sys.stdout.write(report(run, style))
    else:
        made = import_module(f"webhook.report.{form}")
        sys.stdout.write(made.report(run, fail_on) if form == "junit" else made.report(run))
    sys.stdout.flush()
    sys.stderr.write(summary(run, style_of(sys.stderr, color)))


def style_of(stream: Any, color: Any) -> Style:
    """The style that a stream can show."""
    return choose(color, os.environ, terminal=stream.isatty(), encoding=stream.encoding)


def difference(one: Checked) -> str:
    """What the rules would change in one object, as a unified diff of YAML for people; "" where nothing."""
    if not one.decision.edits:
        return ""
    import difflib

    from webhook.source.dump import dump

    known = secrets_in(one.authored, one.kind)
    written = (one.authored, replay(one.decision.edits, one.authored))
    before, after = (dump([for_reading(obj, one.kind, one.hidden, known)]).split("\n")[:-1] for obj in written)
    lines = difflib.unified_diff(before, after, f"{one.file} ({one.name})", "after the rules", lineterm="")
    return "".join(f"{clean(line)}\n" for line in lines) + "\n"
