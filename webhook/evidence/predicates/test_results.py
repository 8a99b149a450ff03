"""in-toto's test-result v0.1: how a run of tests came out. It has no time of its own."""

from typing import Any

from webhook.admission.evidence import RunOfTests
from webhook.evidence.predicates.fields import LONGEST_WORD, Unreadable, as_object, text, words
from webhook.patterns import shown

MOST_TESTS = 10_000
"""Names of tests that failed; more are not read."""

_RESULTS = frozenset({"PASSED", "WARNED", "FAILED"})


def read(predicate: Any) -> RunOfTests:
    """The result; raises Unreadable."""
    document = as_object(predicate)
    result = text(document, "result")
    if result not in _RESULTS:
        raise Unreadable("result", f"is {shown(result, 40)}, not PASSED, WARNED or FAILED")
    failed = words(document, "failedTests", MOST_TESTS)
    if failed and result != "FAILED":
        raise Unreadable("result", f"is {result}, but its failedTests names {shown(failed[0])}")
    return RunOfTests(result, failed, text(document, "url")[:LONGEST_WORD])
