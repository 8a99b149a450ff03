"""Statements in words: what a rule wants, and what a condition asks, as people read them."""

from collections.abc import Iterator

from webhook.admission.found_words import as_fact
from webhook.admission.statements import Statement
from webhook.admission.words import listing
from webhook.source.path import render_steps


def wish(statement: Statement) -> str:
    """What a statement of a rule wants, as a sentence without its full stop."""
    if statement.any_of:
        wanted = "; or ".join(wish(part) for part in statement.any_of)
        return f"one of these must hold: {wanted}{_but(statement)}"
    if statement.where and statement.required and not statement.operators and not statement.forbidden:
        return f"{statement.subject} {statement.text} must have one {_where(statement)}{_but(statement)}"
    where = f" {_where(statement)}" if statement.where else ""
    return f"{statement.subject} {statement.text}{where} {listing(_wants(statement), 'and')}{_but(statement)}"


def fact(statement: Statement) -> str:
    """What a condition asks, as a sentence without its full stop."""
    if statement.any_of:
        return listing((fact(part) for part in statement.any_of), "or")
    where = f" {_where(statement)}" if statement.where else ""
    return f"{statement.subject} {statement.text}{where} {_holding(statement)}"


def _where(statement: Statement) -> str:
    return f"where {listing((f'{part.text} {_holding(part)}' for part in statement.where), 'and')}"


def _holding(statement: Statement) -> str:
    """The operators of a condition, after its path."""
    said = [as_fact(operator.wants) for operator in statement.operators]
    if statement.forbidden:
        said.insert(0, "is not set")
    elif statement.required == "nonEmpty":
        said.insert(0, "is not empty")
    elif statement.required and not said:
        said.append("is set")
    return listing(said, "and")


def _wants(statement: Statement) -> Iterator[str]:
    """What a statement of a rule wants of the field, each after its path."""
    if statement.forbidden:
        yield "must not be set"
    if statement.required or statement.refuse_absent:
        yield "must be set and not be empty" if statement.required == "nonEmpty" else "must be set"
    for operator in statement.operators:
        yield f"must {operator.wants}"
    if statement.unique:
        yield "must be there once in the whole pod" if statement.unique == "pod" else "must be there once in its list"
    if statement.unchanged is not None:
        kept = listing(map(render_steps, statement.unchanged), "and")
        yield "must stay as it is" + (f", but for {kept}" if kept else "")


def _but(statement: Statement) -> str:
    """The conditions of the statement itself."""
    when = f", when {listing(map(fact, statement.when), 'and')}" if statement.when else ""
    unless = f", unless {listing(map(fact, statement.unless), 'or')}" if statement.unless else ""
    return when + unless
