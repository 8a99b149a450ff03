"""Rules held against each other when they load: what is wrong with each alone is told by the time they come here."""

from webhook.policy.clashes import effects, tell_clashes
from webhook.policy.compile import Policies
from webhook.policy.ruleset import ordered
from webhook.policy.selecting import warn_of_choices, warn_of_rewritten
from webhook.policy.witness import Held


def cross_check(policies: Policies) -> None:
    """Tell rules in force that want different values of one field, that choose by what another one writes, and that put
    in what another one refuses."""
    rules = [Held(rule, policies.written[rule.info.id]) for rule in ordered(policies.rules)]
    alone = policies.profile.exclude_namespaces
    made = effects([held for held in rules if held.rule.makes and held.rule.rollout.can_enforce], alone)
    if made:
        tell_clashes(made, alone)
        warn_of_choices(rules, made)
        warn_of_rewritten(rules)
    if any(held.rule.parts.injects for held in rules):
        from webhook.policy.beside import tell_broken_sidecars  # few rules folders have one

        tell_broken_sidecars(rules, alone)
