"""A policy as it stands in the folder, with everything that its own words and the Profile's make of it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from webhook import rule_types
from webhook.admission.rule import Compiling
from webhook.policy.compile import Policies, Written
from webhook.policy.exceptions import Exemption
from webhook.policy.load import Loading
from webhook.policy.model import Document, Parameter, PolicySpec, RuleSpec
from webhook.policy.ruleset import Rule
from webhook.source.declare import changed
from webhook.source.path import Path
from webhook.source.problem import Place
from webhook.source.shape import Problems, decode


class ParameterNow(NamedTuple):
    """A parameter of a policy, its value, and whether the Profile says it."""

    name: str
    parameter: Parameter
    value: Any
    from_profile: bool


class DescribedRule(NamedTuple):
    """A rule, as it was written and compiled: `raw` and `params` are what stands under the rule type's key `kind`.

    `sentences` say what it wants, where the rule type has words of its own for that.
    """

    rule: Rule
    spec: RuleSpec
    kind: str
    raw: Any
    params: Any
    sentences: tuple[str, ...]
    place: Place


class DescribedPolicy(NamedTuple):
    """A policy with its rules; `exemptions` are those that name it or one of its rules."""

    name: str
    spec: PolicySpec
    parameters: tuple[ParameterNow, ...]
    rules: tuple[DescribedRule, ...]
    exemptions: tuple[Exemption, ...]
    in_force: bool
    place: Place


def describe(document: Document, loading: Loading) -> DescribedPolicy:
    """A Policy of a folder that could be loaded, be it in force or not."""
    apart = Document(document.kind, document.name, document.spec, Problems(document.problems.place), document.file)
    alone = Policies(changed(loading.profile, include=()), loading.exemptions)
    alone.compile(apart)
    rules = {rule.info.id: rule for rule in alone.rules}
    written = [(rules[name], one) for name, one in alone.written.items() if name in rules]
    return DescribedPolicy(
        name=document.name,
        spec=alone.specs[document.name],
        parameters=tuple(_parameters(document, alone, loading)),
        rules=tuple(_rule(rule, one) for rule, one in written),
        exemptions=tuple(dict.fromkeys(one for rule, _ in written for one in rule.exemptions)),
        in_force=loading.profile.in_force(document.name),
        place=document.problems.place(("metadata", "name")),
    )


def _rule(rule: Rule, written: Written) -> DescribedRule:
    module, raw = rule_types.find(written.kind), written.raw[written.kind]
    at: Path = (*written.at, written.kind)
    problems = Problems(written.document.problems.place)
    params = decode(module.Params, raw, at, problems) if module else None
    told = getattr(module, "sentences", None)
    sentences = tuple(told(params, Compiling(at, problems, rule.kinds))) if told else ()
    place = written.document.problems.place((*written.at, "name"))
    return DescribedRule(rule, written.spec, written.kind, raw, params, sentences, place)


def _parameters(document: Document, alone: Policies, loading: Loading) -> Iterator[ParameterNow]:
    said = loading.profile.parameters.get(document.name, {})
    for name, parameter in alone.parameters[document.name].items():
        yield ParameterNow(name, parameter, said.get(name, parameter.default), name in said)


def names_of(document: Document) -> tuple[str, ...]:
    """How a policy and its rules are called: policy, policy/rule."""
    rules = document.spec["rules"] if isinstance(document.spec, dict) else ()
    return (document.name, *(f"{document.name}/{rule['name']}" for rule in rules))
