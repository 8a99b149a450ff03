"""What is remembered of rules that apply together: bounded by the rules, whatever users send."""

from itertools import combinations

from tests.objects import decided, pod, policy, request, ruleset
from webhook.admission.decision import Verdict

COUNT = 8
RULES = policy(
    "".join(
        f"- name: chosen-{number}\n"
        f"  match: {{objectSelector: {{matchLabels: {{l{number}: 'yes'}}}}}}\n"
        f"  images: {{from: [registry.corp.example, 'r{number}.corp.example']}}\n"
        for number in range(COUNT)
    )
    + "- {name: always, images: {tag: {required: true}}}\n"
)


def labelled(*numbers: int, image: str = "registry.corp.example/web:1") -> dict[str, object]:
    return pod({"metadata": {"labels": {f"l{number}": "yes" for number in numbers}}}, image=image)


def test_whoever_chooses_labels_cannot_make_us_remember_every_choice() -> None:
    """With each set of rules remembered, eight labels would make 256 plans, each with all that it learns."""
    rules = ruleset(RULES)
    for size in range(COUNT + 1):
        for numbers in combinations(range(COUNT), size):
            assert decided(rules, request(labelled(*numbers))).verdict is Verdict.ALLOWED
    assert len(rules.memo) <= COUNT + 5


def test_rules_that_labels_choose_are_judged_with_those_that_always_apply_and_remember() -> None:
    rules = ruleset(RULES)
    for _ in range(3):
        assert decided(rules, request(labelled(0, 1))).verdict is Verdict.ALLOWED
        refused = decided(rules, request(labelled(0, 1, image="quay.io/web")))
        assert sorted(finding.rule.name for finding in refused.findings) == ["always", "chosen-0", "chosen-1"]
        elsewhere = decided(rules, request(labelled(1, image="r0.corp.example/web:1")))
        assert [finding.rule.name for finding in elsewhere.findings] == ["chosen-1"]
