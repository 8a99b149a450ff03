"""Weekly windows, as rules write them; the time is always an argument."""

from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum

from webhook.expressions import expression
from webhook.source.declare import field, shape

_TIME = expression(r"([01][0-9]|2[0-4]):([0-5][0-9])\Z")


class Weekday(StrEnum):
    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


class Clock(int):
    """A time of day as minutes since midnight, written HH:MM; 24:00 is the day's end."""

    @classmethod
    def parse(cls, text: str) -> "Clock":
        """Hours 00 to 24, minutes 00 to 59."""
        match = _TIME.match(text)
        if not match or int(match[1]) * 60 + int(match[2]) > 24 * 60:
            raise ValueError(f"`{text[:40]}` is no time of day", 'write it as "16:00"; the end of the day is "24:00"')
        return cls(int(match[1]) * 60 + int(match[2]))


class Zone(str):
    """A time zone by its IANA name."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> "Zone":
        """The zone must be known on this machine."""
        _zone(text)
        return cls(text)


@shape
class Window:
    """A weekly time window; one whose `to` is not after its `from` ends on the next day."""

    days: tuple[Weekday, ...] = field("The days on which it begins; every day where left out.", default=())
    from_: Clock = field("When it begins.", default=Clock(0))
    to: Clock = field("When it ends.", default=Clock(24 * 60))
    zone: Zone = field("The time zone, such as Europe/Amsterdam; UTC where left out.", default=Zone("UTC"))

    def covers(self, now: datetime) -> bool:
        """Whether the moment lies in the window."""
        local = now.astimezone(_zone(self.zone))
        minute = local.hour * 60 + local.minute
        if self.from_ < self.to:
            return self._on(local) and self.from_ <= minute < self.to
        yesterday = local - timedelta(days=1)
        return (self._on(local) and minute >= self.from_) or (self._on(yesterday) and minute < self.to)

    def _on(self, local: datetime) -> bool:
        return not self.days or list(Weekday)[local.weekday()] in self.days


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"`{name[:60]}` is no time zone", "use an IANA name such as Europe/Amsterdam") from None
