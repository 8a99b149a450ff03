"""chains: filled-in values by rule and element, aligned, with every word on them; secrets stay hidden."""

from webhook.admission.chains import Chain
from webhook.admission.origins import Link
from webhook.report.chains import data, text
from webhook.source.path import Path


def chain(path: Path, value: object, *links: Link, root: Path | None = None, rule: str = "p/r") -> Chain:
    return Chain(path, path if root is None else root, value, rule, links or (Link(f"rule {rule}", value),))


def test_values_stand_under_their_rule_and_those_of_one_element_under_its_path() -> None:
    root: Path = ("spec", "containers", 1)
    told = text(
        [
            chain((*root, "name"), "proxy", root=root),
            chain(("spec", "dnsPolicy"), "Default", rule="p/a"),
            chain((*root, "resources", "limits", "cpu"), "1", root=root),
        ],
        "Pod",
    )
    assert list(told) == [
        "  p/a",
        '    spec.dnsPolicy  "Default"',
        "  p/r",
        "    spec.containers[1]",
        '      name                  "proxy"',
        '      resources.limits.cpu  "1"',
    ]


def test_several_words_are_told_and_the_one_that_holds_is_marked() -> None:
    links = (
        Link("rule default", "1"),
        Link("namespace annotation x", "2"),
        Link("pod annotation x", "9", '"9" is too much'),
    )
    assert list(text([chain(("cpu",), "2", *links)], "Pod")) == [
        "  p/r",
        '    cpu  "2"',
        '      rule default            "1"',
        '      namespace annotation x  "2"   <- holds',
        '      pod annotation x        "9"   not taken: is too much',
    ]


def test_a_single_source_is_told_without_a_mark() -> None:
    told = list(text([chain(("team",), "shop", Link("namespace label team", "shop"))], "Pod"))
    assert told == ["  p/r", '    team  "shop"', '      namespace label team  "shop"']


def test_what_is_taken_away_is_nothing_now() -> None:
    links = (Link("author", {"name": "token"}), Link("rule p/r", None))
    told = list(text([chain(("volumes", 0), None, *links)], "Pod"))
    assert told == [
        "  p/r",
        "    volumes[0]  nothing",
        '      author    {"name": "token"}',
        "      rule p/r  nothing   <- holds",
    ]


def test_secrets_are_hidden_in_every_word() -> None:
    env: Path = ("spec", "containers", 0, "env", 0, "value")
    token: Path = ("metadata", "annotations", "x/api-token")
    data_of_secret: Path = ("data", "key")
    links = (Link("author", "s3cretvalue"), Link("rule p/r", "s3cretvalue2", "because of s3cretvalue2"))
    chains = [chain(path, "s3cretvalue2", *links) for path in (env, token, data_of_secret)]
    assert "s3cret" not in "\n".join(text(chains, "Secret"))
    assert "s3cret" not in str(data(chains, "Secret"))
    assert [one["hidden"] for one in data(chains, "Secret")] == [True, True, True]


def test_a_value_cannot_write_to_the_terminal() -> None:
    told = "\n".join(text([chain(("a", "b\x1b[31m\n"), "c\x1b[31m\nd", Link("pod annotation \x1b[0m", "e\n"))], "Pod"))
    assert "\x1b" not in told
    assert told.count("\n") == 2


def test_data_has_the_path_the_pointer_and_the_chain() -> None:
    assert data([chain(("a", "b/c"), 1, Link("rule default", 1), Link("pod annotation x", 2, "no"))], "Pod") == [
        {
            "path": 'a["b/c"]',
            "pointer": "/a/b~1c",
            "value": 1,
            "hidden": False,
            "rule": "p/r",
            "chain": [
                {"from": "rule default", "value": 1, "refused": ""},
                {"from": "pod annotation x", "value": 2, "refused": "no"},
            ],
        }
    ]
