"""Rules that put containers in beside each other's: the one that is waited for runs first, whatever their names."""

from tests.objects import policy, problems, ruleset

RULE = '- {{name: {0}, sidecar: {{container: {{name: {0}-c, image: "r.example/a:1"}}{1}}}}}'
OTHER = "- {name: other, fields: {pod: spec.hostPID, forbidden: true}}"


def names(*rules: str) -> list[str]:
    return [rule.info.name for rule in ruleset(policy("\n".join(rules))).rules]


def test_rules_stay_by_name_where_none_waits_for_another() -> None:
    assert names(RULE.format("z", ""), OTHER, RULE.format("a", ", position: {before: ghost}")) == ["a", "other", "z"]


def test_a_rule_comes_after_the_one_whose_container_it_is_put_beside() -> None:
    waiting = RULE.format("a", ", position: {after: m-c}"), RULE.format("m", ", position: {before: z-c}")
    assert names(*waiting, OTHER, RULE.format("z", "")) == ["z", "m", "other", "a"]


def test_a_circle_is_told_at_each_position_in_it() -> None:
    rules = [RULE.format("a", ", position: {after: b-c}"), RULE.format("b", ", position: {after: a-c}")]
    found = [one for one in problems(policy("\n".join([*rules, RULE.format("c", "")]))) if one.level == "error"]
    told = "`p/a` and `p/b` are put beside each other's containers, so none can come first"
    assert [(one.message, one.place.line) for one in found] == [(told, 9), (told, 10)]
