"""The regular expressions of our own code: there are a hundred, a run asks a few, and compiling all took 14 ms."""

import re
from typing import Any, AnyStr


class _Late:
    """Compiled when it is first asked; every method that was asked once is the compiled expression's own."""

    def __init__(self, *written: Any) -> None:
        self.written = written

    def __getattr__(self, name: str) -> Any:
        method = getattr(re.compile(*self.written), name)
        setattr(self, name, method)
        return method


def expression(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """A regular expression of our own, in Python's grammar, that costs nothing until it is asked."""
    late: Any = _Late(text, flags)
    return late  # type: ignore[no-any-return]  # it is one in all that anybody asks of it
