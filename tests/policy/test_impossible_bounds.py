"""Bounds between which nothing lies, and amounts in units that nobody knows: told at the bound, with the cure."""

import pytest

from tests.objects import policy
from tests.policy.telling import told

SWAP = "swap them"
UNITS = '"XB" is no suffix; there are n u m k M G T P E, Ki Mi Gi Ti Pi Ei, and exponents such as e3'
CONTAINER = "container: {name: m, image: r.example/m:1, startupProbe: {tcpSocket: {port: 1}}}"
PORT = "a port is from 1 to 65535, and a range begins with its lower end"


@pytest.mark.parametrize(
    ("rule", "under", "message", "cure"),
    [
        ("resources: {cpu: {request: {min: 2, max: 1}}}", "2", "the minimum 2 is above the maximum 1", SWAP),
        ("resources: {cpu: {limit: {min: 2, max: 1}}}", "2", "the minimum 2 is above the maximum 1", SWAP),
        (
            "resources: {cpu: {request: {default: 2, max: 1}}}",
            *("2", "the default 2 is above the maximum 1", "write 1 or less"),
        ),
        (
            "resources: {cpu: {request: {default: 1, min: 2}}}",
            *("1", "the default 1 is below the minimum 2", "write 2 or more"),
        ),
        (
            "resources: {cpu: {request: {min: 4}, limit: {max: 2}}}",
            *("4", "no limit is below its request, and limit.max is 2", "lower it"),
        ),
        (
            "resources: {cpu: {maxLimitToRequest: 0.5}}",
            *("0.5", "a limit is never below its request, so it cannot be at most 0.5 times as large"),
            "write 1 or more",
        ),
        ("resources: {cpu: {request: {min: -1}}}", "-1", "-1 is less than nothing", "write it without a sign"),
        (
            "resources: {pod: {memory: {request: {min: 2Gi, max: 1Gi}}}}",
            *("2Gi", "the minimum 2Gi is above the maximum 1Gi", SWAP),
        ),
        (
            "resources: {classes: {by: {label: a}, s: {cpu: {request: {min: 2, max: 1}}}}}",
            *("2", "the minimum 2 is above the maximum 1", SWAP),
        ),
        ("resources: {memory: {request: {min: 2XB}}}", "2XB", f'"2XB" is no quantity: {UNITS}', None),
        (
            "resources: {memory: {request: {min: 2 Gi}}}",
            *("2 Gi", '"2 Gi" is no quantity: " Gi" is no suffix, did you mean 2Gi?', None),
        ),
        (
            "metadata: {labels: {a: {type: ttl, min: 3d, max: 1d}}}",
            *("3d", 'the minimum "3d" is above the maximum "1d"', SWAP),
        ),
        (
            "metadata: {labels: {a: {type: ttl, max: 5 days}}}",
            "5 days",
            '"5 days" is no lifetime: write one number with s, m, h, d or w, such as 12h or 7d, or forever',
            "such as 7d",
        ),
        ("metadata: {labels: {a: {type: memory, max: 5XB}}}", "5XB", f'"5XB" is no quantity: {UNITS}', "such as 256Mi"),
        ("metadata: {labels: {a: {type: int, max: 5Gi}}}", "5Gi", "expected a whole number", "such as 3"),
        (
            "metadata: {labels: {a: {type: portList, max: -1}}}",
            *("-1", "expected a number, how many there may be", None),
        ),
        (
            "volumes: {emptyDir: {sizeLimit: {min: 2Gi, max: 1Gi}}}",
            *("2Gi", "the minimum 2Gi is above the maximum 1Gi", SWAP),
        ),
        (
            "volumes: {emptyDir: {sizeLimit: {default: 2Gi, max: 1Gi}}}",
            *("2Gi", "the default 2Gi is above the maximum 1Gi", "write 1Gi or less"),
        ),
        ("volumes: {emptyDir: {sizeLimit: {max: -1}}}", "-1", "-1 is less than nothing", "write it without a sign"),
        ("volumes: {emptyDir: {sizeLimit: {max: 2XB}}}", "2XB", f'"2XB" is no quantity: {UNITS}', None),
        (
            f"sidecar: {{{CONTAINER}, tune: {{cpu.request: {{annotation: a, min: 2, max: 1}}}}}}",
            *("cpu.request", "`min` 2 is over `max` 1, so nothing would fit", SWAP),
        ),
        (
            f"sidecar: {{{CONTAINER}, tune: {{cpu.request: {{annotation: a, max: -1}}}}}}",
            *("-1", "-1 is less than nothing", "write it without a sign"),
        ),
        (
            f"sidecar: {{{CONTAINER}, tune: {{cpu.request: {{annotation: a, max: 1XB}}}}}}",
            *("1XB", f'"1XB" is no quantity: {UNITS}', None),
        ),
        (
            f"sidecar: {{{CONTAINER}, excludePorts: {{annotation: a, env: A, max: 0}}}}",
            *("excludePorts", "`max` lets nobody list a port", "leave excludePorts out, or allow one"),
        ),
        (f"sidecar: {{{CONTAINER}, excludePorts: {{annotation: a, env: A, allowed: '9-8'}}}}", "'9-8'", PORT, None),
        (
            f"sidecar: {{{CONTAINER[:-1]}, resources: {{limits: {{cpu: -1}}}}}}}}",
            *("-1", "-1 is less than nothing", "write it without a sign"),
        ),
        (
            "defaults: {clamp: {pod: {terminationGracePeriodSeconds: {min: 9, max: 3}}}}",
            *("9", "`min` is over `max`, so nothing would fit", SWAP),
        ),
        (
            "defaults: {default: {volumes: {emptyDir: {sizeLimit: 3XB}}}}",
            *("3XB", f'"3XB" is no quantity: {UNITS}', None),
        ),
        (
            "defaults: {default: {volumes: {emptyDir: {sizeLimit: -1}}}}",
            *("-1", "-1 is less than nothing", "write it without a sign"),
        ),
        (
            "defaults: {default: {containers: {resources: {requests: {memory: 3Gi}, limits: {memory: 1Gi}}}}}",
            *("3Gi", "the request is over the limit of 1Gi beside it", "lower it"),
        ),
        (
            "fields: {pod: spec.terminationGracePeriodSeconds, min: 9, max: 3}",
            *("9", "`min` is above `max`, so nothing can fit", SWAP),
        ),
        (
            "fields: {container: resources.limits.memory, min: 3Gi, max: 1Gi}",
            *("3Gi", "`min` is above `max`, so nothing can fit", SWAP),
        ),
        (
            "fields: {pod: spec.tolerations, minItems: 9, maxItems: 3}",
            *("9", "`minItems` is above `maxItems`, so nothing can fit", SWAP),
        ),
        (
            "fields: {pod: spec.tolerations, maxItems: -1}",
            *("-1", "the smallest number that says something here is 0", None),
        ),
        (
            "fields: {container: securityContext.runAsUser, ranges: ['3000-1000']}",
            *("'3000-1000'", "`3000-1000` is empty: it ends before it begins", 'write it as "1000-3000"'),
        ),
        (
            "fields: {container: resources.limits.memory, max: 3XB}",
            *("3XB", "expected a number, a quantity or a duration, found a string", "such as 1024, 1Gi, 30s"),
        ),
        (
            "podSecurity: {level: baseline, allow: {hostPorts: ['6000-5000']}}",
            *("'6000-5000'", "6000-5000 holds no port", 'write "5000-6000"'),
        ),
        (
            "podSecurity: {level: baseline, allow: {hostPorts: ['70000']}}",
            *("'70000'", "70000 is no port", "ports go from 1 to 65535"),
        ),
        (
            "images: {notFrom: ['**/argocd:<2.1.9 >3']}",
            *(
                "'**/argocd:<2.1.9 >3'",
                'no version can be in the range "<2.1.9 >3": its bounds exclude each other',
                None,
            ),
        ),
        (
            "fields: {pod: spec.nodeName, equals: a, when: []}",
            "[]",
            "the list is empty",
            "give it a condition, or leave the key out",
        ),
    ],
)
def test_a_bound_that_leaves_nothing_or_cannot_be_read_is_told_at_the_bound(
    rule: str, under: str, message: str, cure: str | None
) -> None:
    assert [found[1:] for found in told(policy(f"- name: r\n  {rule}"))] == [(under, message, cure)]


@pytest.mark.parametrize(
    ("spec", "under", "message", "cure"),
    [
        (
            {"rollout": "[{mode: warn, percent: 101}]"},
            *("101", "`percent` must be from 1 to 100", "100 means every namespace"),
        ),
        (
            {"rollout": "[{mode: warn, from: 2026-13-01}]"},
            "2026-13-01",
            "`2026-13-01` is no day",
            "write it as 2027-01-31",
        ),
        (
            {"exceptions": "{maxDays: 0}"},
            *("0", "`maxDays` must be at least 1", "to allow none, say `allowed: false`"),
        ),
        ({"exceptions": "{maxDays: 5d}"}, "5d", "expected a whole number, found a string", None),
        ({"exceptions": '{maxDays: "5"}'}, '"5"', "expected a whole number, found a string", "take the quotes away"),
        (
            {"match": "{kinds: [Deployment], during: {from: '25:00'}}"},
            "'25:00'",
            "`25:00` is no time of day",
            'write it as "16:00"; the end of the day is "24:00"',
        ),
        (
            {"match": "{kinds: [Deployment], during: {zone: Europe/Amsterdm}}"},
            "Europe/Amsterdm",
            "`Europe/Amsterdm` is no time zone",
            "use an IANA name such as Europe/Amsterdam",
        ),
    ],
)
def test_a_bound_of_a_policy_that_leaves_nothing_is_told(
    spec: dict[str, str], under: str, message: str, cure: str | None
) -> None:
    rule = "- name: r\n  images: {digest: required}"
    assert [found[1:] for found in told(policy(rule, **spec))] == [(under, message, cure)]
