"""What is allowed in a rule and probably not meant: warnings when rules load."""

from collections.abc import Sequence
from typing import Any

from webhook.admission.rule import Compiling
from webhook.admission.schema_check import fields_at
from webhook.admission.statements import Statement
from webhook.admission.words import quote
from webhook.source.path import EACH, Path, Steps, render_steps


def warn_of_empty_lists(statements: Sequence[tuple[Path, Statement]], compiling: Compiling) -> None:
    """`required` below a [*] says nothing where the list is empty, unless another statement wants an item."""
    kept = {(one.subject, one.steps) for _, one in statements if _wants_an_item(one)}
    for below, one in statements:
        if not one.required or one.where or EACH not in one.steps:
            continue
        lists = [one.steps[:at] for at, step in enumerate(one.steps) if step is EACH]
        if any((one.subject, steps) in kept for steps in lists[-1:]):
            continue
        path = render_steps(lists[-1])
        told = f"where `{path}` is empty or absent, this finds nothing"
        compiling.warning((*below, "required"), told, f"add {{{one.subject}: {_yaml(path)}, minItems: 1}}", on="key")


def warn_of_empty_elements(statement: Statement, below: Path, compiling: Compiling) -> None:
    """`forbidden` on an element accepts one that is empty, which often means more than one that says something."""
    if not statement.forbidden or statement.steps[-1] is not EACH:
        return
    if not any(field.type == "object" for field in fields_at(statement.subject, statement.steps, compiling)):
        return
    path = render_steps(statement.steps[:-1])
    told = "an element that is empty passes: `forbidden` accepts what is empty"
    cure = f"write {{{statement.subject}: {_yaml(path)}, forbidden: true}}, which accepts only an empty list"
    compiling.warning((*below, "forbidden"), told, cure, on="key")


def warn_of_liftable(condition: Statement, below: Path, compiling: Compiling) -> None:
    """A condition on a label or annotation, which the author of an object chooses."""
    for part in condition.any_of or (condition,):
        if part.subject in ("pod", "object") and _is_users_own(part.steps):
            told = "whoever writes the object can lift this rule with a label or annotation of their own"
            compiling.warning(below, told, "choose by namespace (match.namespaceSelector), or make an exception")
            return


def warn_of_meaning(statement: Statement, below: Path, compiling: Compiling) -> None:
    """In a condition an absent field makes positive operators false, also where its absence has a meaning."""
    means = statement.absent_means
    for operator in statement.operators if means is not None else ():
        if operator.holds(means, lambda _: []) is not operator.negative:
            answer = "true" if operator.negative else "false"
            told = f"where `{statement.text}` is absent this is {answer}, although absence means {quote(means)}"
            cure = "say it the other way round, with notIn" if not operator.negative else "say it with equals"
            compiling.warning((*below, operator.name), told, cure, on="key")


def _wants_an_item(statement: Statement) -> bool:
    if statement.where:
        return False
    return statement.required == "nonEmpty" or any(operator.name == "minItems" for operator in statement.operators)


def _is_users_own(steps: Steps) -> bool:
    return len(steps) > 1 and steps[0] == "metadata" and steps[1] in ("labels", "annotations")


def _yaml(path: str) -> Any:
    return f"'{path}'" if "[" in path else path
