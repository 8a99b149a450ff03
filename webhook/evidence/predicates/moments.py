"""Times as predicates write them: RFC 3339, always with a zone, read as aware datetimes in UTC."""

import re
from datetime import UTC, datetime, timedelta

_WRITTEN = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:[.,]([0-9]{1,18}))?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)


def parse(written: str) -> datetime | None:
    """The moment in UTC, cut to microseconds; None for what is no RFC 3339 time with a zone."""
    found = _WRITTEN.fullmatch(written)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(number) for number in found.groups()[:6])
    fraction, sign, hours, minutes = found.groups()[6:]
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    if offset >= timedelta(days=1) or int(minutes or 0) > 59:
        return None
    micro = int((fraction or "0")[:6].ljust(6, "0"))
    try:  # a leap second is counted as the second before it
        local = datetime(year, month, day, hour, minute, min(second, 59) if second == 60 else second, micro, UTC)
        return local + offset if sign == "-" else local - offset
    except (ValueError, OverflowError):
        return None


def is_zero(moment: datetime) -> bool:
    """Whether it is the time that Go writes where nobody has set one: 0001-01-01T00:00:00Z."""
    return moment.year == 1
