"""What was measured, and how it is shown: medians with the smallest and the largest, ratios, goals."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Spread:
    """Some measurements of one thing."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.values)

    def over(self, other: "Spread") -> "Spread":
        """The ratio of each measurement to the other's of the same round."""
        return Spread(tuple(mine / its for mine, its in zip(self.values, other.values, strict=True)))

    def as_json(self) -> dict[str, Any]:
        return {"median": self.median, "min": min(self.values), "max": max(self.values), "values": list(self.values)}

    def __str__(self) -> str:
        return f"{_short(self.median)} ({_short(min(self.values))}-{_short(max(self.values))})"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `most` is the goal: for the ratio where there is a yardstick, else for the value itself.

    No goal, no judgement: such a figure is there to understand the others.
    """

    row: str
    name: str
    unit: str
    value: Spread
    yardstick: str = ""
    its: Spread | None = None
    most: float | None = None
    note: str = ""

    @property
    def ratio(self) -> Spread | None:
        return self.value.over(self.its) if self.its else None

    @property
    def met(self) -> bool | None:
        """Whether the median keeps to the goal."""
        return None if self.most is None else (self.ratio or self.value).median <= self.most

    def as_json(self) -> dict[str, Any]:
        """Everything, for machines and for --compare."""
        return {
            "row": self.row,
            "name": self.name,
            "unit": self.unit,
            "value": self.value.as_json(),
            "yardstick": self.yardstick,
            "yardstick_value": self.its.as_json() if self.its else None,
            "ratio": self.ratio.as_json() if self.ratio else None,
            "goal_at_most": self.most,
            "met": self.met,
            "note": self.note,
        }


def table(figures: Sequence[Figure]) -> str:
    """The figures for people; columns are as wide as they need to be."""
    head = ("row", "what", "unit", "median (min-max)", "yardstick", "ratio", "goal", "")
    lines = [head, *(_cells(figure) for figure in figures)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(head))]
    shown = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    notes = [f"{figure.row}, {figure.name}: {figure.note}" for figure in figures if figure.note]
    return "\n".join([*shown, *(["", *notes] if notes else [])])


def compared(figures: Sequence[Figure], earlier: Sequence[dict[str, Any]]) -> str:
    """The medians beside those of an earlier run: ratios where there are some, for machines differ and hours too."""
    before = {(one["row"], one["name"]): one for one in earlier}
    lines = []
    for figure in figures:
        old = before.get((figure.row, figure.name))
        if old is None:
            lines.append(f"{figure.row}, {figure.name}: not in the earlier run")
        elif figure.ratio and old["ratio"]:
            lines.append(_change(figure, "ratio", old["ratio"]["median"], figure.ratio.median))
        else:
            lines.append(_change(figure, figure.unit, old["value"]["median"], figure.value.median))
    return "\n".join(lines)


def _change(figure: Figure, unit: str, old: float, new: float) -> str:
    return f"{figure.row}, {figure.name}: {unit} {_short(old)} -> {_short(new)} ({new / old - 1:+.1%})"


def _cells(figure: Figure) -> tuple[str, ...]:
    its = f"{figure.yardstick} {figure.its}" if figure.its else "-"
    goal = "-" if figure.most is None else f"<= {figure.most:g}{'x' if figure.ratio else f' {figure.unit}'}"
    met = {None: "", True: "met", False: "NOT MET"}[figure.met]
    return figure.row, figure.name, figure.unit, str(figure.value), its, str(figure.ratio or "-"), goal, met


def _short(number: float) -> str:
    return f"{number:.0f}" if number >= 100 else f"{number:.1f}" if number >= 10 else f"{number:.2f}"
