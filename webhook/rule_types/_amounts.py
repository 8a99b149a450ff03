"""Amounts as rules write them: quantities, none of which is below nothing."""

from webhook.pod.quantity import Quantity


class Amount(Quantity):
    """A quantity in a rule; what is read is a plain Quantity."""

    __slots__ = ()

    @classmethod
    def of(cls, value: object) -> Quantity:
        """A number as YAML has it; raises ValueError (message, cure) for one below nothing."""
        return refuse_negative(Quantity.of(value))


def refuse_negative(quantity: Quantity) -> Quantity:
    """The quantity; raises ValueError (message, cure) for one below nothing."""
    if quantity.nano < 0:
        raise ValueError(f"{quantity} is less than nothing", "write it without a sign")
    return quantity
