"""Lists of ports as annotations have them: ports and ranges with commas between them, such as 80,8000-8080."""

from webhook.expressions import expression

_PORTS = expression(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")


class PortList:
    """Ranges of ports from lowest to highest, none of which touch; an empty text names none."""

    __slots__ = ("spans", "text")

    def __init__(self, spans: tuple[tuple[int, int], ...], text: str) -> None:
        self.spans = spans
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PortList) and self.spans == other.spans

    def __hash__(self) -> int:
        return hash(self.spans)

    def __repr__(self) -> str:
        return f"PortList({self.canonical!r})"

    @classmethod
    def parse(cls, text: str) -> "PortList":
        """Raises ValueError with what is wrong."""
        spans = sorted(_span(part.strip()) for part in text.split(",")) if text.strip() else []
        merged: list[tuple[int, int]] = []
        for low, high in spans:
            if merged and low <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
            else:
                merged.append((low, high))
        return cls(tuple(merged), text)

    @classmethod
    def of(cls, value: int | float) -> "PortList":
        """A single port as YAML has it."""
        return cls.parse(str(value))

    @property
    def count(self) -> int:
        """How many ports it names."""
        return sum(high - low + 1 for low, high in self.spans)

    @property
    def canonical(self) -> str:
        """From lowest to highest, each port once."""
        return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in self.spans)

    def outside(self, allowed: "PortList") -> "PortList":
        """The ranges of which not every port is in the other list."""
        spans = tuple(
            (low, high)
            for low, high in self.spans
            if not any(first <= low and high <= last for first, last in allowed.spans)
        )
        return PortList(spans, "")


def _span(text: str) -> tuple[int, int]:
    found = _PORTS.fullmatch(text)
    if not found:
        raise ValueError("write ports and ranges with commas between them, such as 80,8000-8080")
    low, high = int(found[1]), int(found[2] or found[1])
    if not 1 <= low <= high <= 65535:
        raise ValueError("a port is from 1 to 65535, and a range begins with its lower end")
    return low, high
