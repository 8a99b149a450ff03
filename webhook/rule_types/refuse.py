"""refuse: what is not done here at all, wherever the match holds; said in one sentence."""

from collections.abc import Iterator

from webhook.admission.finding import Found
from webhook.admission.rule import Compiling, Reads, RuleParts, Subject

_LONGEST = 300


class Params(str):
    """The sentence that whoever is refused reads."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> "Params":
        """One line of words."""
        sentence = text.strip()
        if not sentence:
            raise ValueError("the sentence is empty", "say what is refused and what to do instead")
        if not sentence.isprintable():
            raise ValueError("a sentence is one line", "leave out line breaks; in YAML write >- instead of |")
        if len(sentence) > _LONGEST:
            raise ValueError(f"the sentence is longer than {_LONGEST} characters", "say more in the policy's `why`")
        return cls(sentence)


def compile(params: Params, compiling: Compiling) -> RuleParts:
    """The match alone says what is refused, so there must be one."""
    if not compiling.narrowed:
        cure = "give the rule a `match` (kinds, namespaces, during, ...) or a `when`"
        compiling.error((), "without a match this refuses everything", cure, on="key")
    found = Found((), None, str(params), ratchets=False)

    def check(_: Subject) -> Iterator[Found]:
        yield found

    return RuleParts(checks=(check,), reads=Reads(), needs_pod=False, about_containers=False)
