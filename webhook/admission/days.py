"""Calendar days and moments, as rules and their cases write them."""

from datetime import UTC, date, datetime, timedelta

from webhook.expressions import expression

_DAY = expression(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


class Day(date):
    """A calendar day, YYYY-MM-DD; it begins and ends in UTC."""

    @classmethod
    def parse(cls, text: str) -> "Day":
        """Only the full form is read."""
        try:
            return cls.fromisoformat(text if _DAY.match(text) else "")
        except ValueError:
            raise ValueError(f"`{text[:40]}` is no day", "write it as 2027-01-31") from None

    @property
    def begins(self) -> datetime:
        """The first moment of the day."""
        return datetime(self.year, self.month, self.day, tzinfo=UTC)

    @property
    def is_over(self) -> datetime:
        """The first moment after the day."""
        return self.begins + timedelta(days=1)


class Moment(datetime):
    """A moment: 2027-01-31 or 2027-01-31T12:00:00Z; UTC where no zone is given."""

    @classmethod
    def parse(cls, text: str) -> "Moment":
        """ISO 8601, as `doorward check --at` reads it."""
        try:
            moment = cls.fromisoformat(text)
        except ValueError:
            raise ValueError(f"`{text[:40]}` is no moment", "write it as 2027-01-31T12:00:00Z") from None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
