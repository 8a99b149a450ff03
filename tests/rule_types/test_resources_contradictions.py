"""resources: what cannot be meant is told when rules load."""

import pytest

from tests.rule_types.one_rule import wrongs


@pytest.mark.parametrize(
    ("text", "message", "cure"),
    [
        ("cpu: {request: {min: '2', max: '1'}}", "the minimum 2 is above the maximum 1", "swap them"),
        ("cpu: {request: {default: '2', max: '1'}}", "the default 2 is above the maximum 1", "write 1 or less"),
        ("cpu: {limit: {default: 5m, min: 10m}}", "the default 5m is below the minimum 10m", "write 10m or more"),
        (
            "cpu: {limit: {forbidden: true, default: '1'}}",
            "the limit is forbidden, so `default` can never act",
            "leave one of them out",
        ),
        (
            "cpu: {limit: {forbidden: true}, maxLimitToRequest: 2}",
            "the limit is forbidden, so there is no ratio",
            "leave one of them out",
        ),
        (
            "cpu: {maxLimitToRequest: 0.5}",
            "a limit is never below its request, so it cannot be at most 0.5 times as large",
            "write 1 or more",
        ),
        (
            "cpu: {request: {min: '2'}, limit: {max: '1'}}",
            "no limit is below its request, and limit.max is 1",
            "lower it",
        ),
        (
            "cpu: {request: {default: '2'}, limit: {max: '1'}}",
            "the default request 2 is above the largest limit 1",
            None,
        ),
        (
            "cpu: {request: {default: '2'}, limit: {default: '1'}}",
            "the default limit 1 is below the default request 2",
            None,
        ),
        (
            "cpu: {request: {default: '1'}, limit: {default: '2', equalsRequest: true}}",
            "the default limit 2 is not the default request 1",
            "say asRequest",
        ),
        (
            "cpu: {request: {default: '1'}, limit: {default: '5'}, maxLimitToRequest: 4}",
            "the default limit 5 is more than 4 times the default request 1",
            None,
        ),
        (
            "cpu: {request: {max: '1'}, limit: {min: '5'}, maxLimitToRequest: 4}",
            "no limit reaches 5: it is at most 4 times a request of at most 1",
            None,
        ),
        (
            "cpu: {request: {max: '1'}, limit: {default: '2'}}",
            "the default limit 2 is read as the request, above its maximum 1",
            "give the request a default",
        ),
        (
            "cpu: {limit: {equalsRequest: true}, maxLimitToRequest: 2}",
            "equalsRequest already wants a ratio of 1",
            "leave one of them out",
        ),
        ("memory: {request: {default: 128m}}", "memory is counted in whole bytes, 128m is not", "did you mean 128Mi?"),
        (
            "nvidia.com/gpu: {limit: {max: 1500m}}",
            "nvidia.com/gpu is counted in whole numbers, 1500m is not",
            "did you mean 1500Mi?",
        ),
        (
            "nvidia.com/gpu: {request: {default: 1}}",
            "a request of nvidia.com/gpu without a limit is refused by the API server",
            "give the limit the default: it is read as the request",
        ),
        ("memroy: {request: {max: 1Gi}}", "there is no resource `memroy`", "did you mean `memory`?"),
        ("storage: {request: {max: 1Gi}}", "there is no resource `storage`", "did you mean `ephemeral-storage`?"),
        (
            "gpu: {limit: {max: 1}}",
            "there is no resource `gpu`",
            "did you mean `nvidia.com/gpu`?",
        ),
        ("hugepages-large: {limit: {max: 1Gi}}", "it names no page size", "such as hugepages-2Mi"),
        ("pod: {memroy: {request: {max: 1Gi}}}", "there is no resource `memroy`", "did you mean `memory`?"),
        ("pod: {memory: {request: {min: 2Gi, max: 1Gi}}}", "the minimum 2Gi is above the maximum 1Gi", "swap them"),
        ("cpu: {limit: {default: asrequest}}", "`asrequest` is no quantity", "did you mean `asRequest`?"),
        ("cpu: {maxLimitToRequest: 4x}", "`4x` is no ratio", "write a number such as 4 or 1.5"),
        ("cpu: {request: {maximum: '1'}}", "unknown key `maximum`", "known here: default, max, min, required"),
        (
            "qos: [Guaranteed, Burstable, BestEffort]",
            "every pod has one of these classes, so this can never act",
            "leave one out",
        ),
        (
            "classes: {by: {annotation: a, label: b}, small: {cpu: {request: {max: '1'}}}}",
            "one thing chooses the class",
            "say either `annotation` or `label`",
        ),
        (
            "classes: {by: {label: Acme.example/size}, small: {cpu: {request: {max: '1'}}}}",
            "no object can have this key: the part before the slash is a DNS name in lower case, such as acme.example",
            "name one key",
        ),
        (
            "classes: {by: {annotation: a}, cpu: {request: {request: {max: '1'}}}}",
            "`cpu` is a key of resources and cannot name a class",
            "put it under the name of a class, or outside `classes`",
        ),
        (
            "cpu: {request: {default: 100m}}\nclasses: {by: {annotation: a}, tiny: {cpu: {request: {max: 50m}}}}",
            "the default 100m is above the maximum 50m",
            "write 50m or less",
        ),
    ],
)
def test_what_contradicts_is_an_error_when_rules_load(text: str, message: str, cure: str | None) -> None:
    assert ("error", message, cure) in wrongs("resources", text)


def test_what_is_probably_not_meant_is_a_warning() -> None:
    assert wrongs("resources", "cpu: {request: {max: '16'}, limit: {max: '8'}}") == [
        ("warning", "requests above 8 stay refused: a limit is at least the request, and limit.max is 8", None)
    ]
    assert wrongs("resources", "nvidia.com/gpus: {limit: {max: 1}}") == [
        ("warning", "no known device is called `nvidia.com/gpus`", "did you mean `nvidia.com/gpu`?")
    ]
    assert wrongs("resources", "vendor.example/fpga: {limit: {max: 1}}") == []


def test_nothing_said_is_an_error_at_every_level() -> None:
    for text in (
        "{}",
        "cpu: {}",
        "cpu: {request: {}}",
        "pod: {}",
        "pod: {cpu: {request: {}}}",
        "classes: {by: {label: a}}",
    ):
        assert [level for level, _, _ in wrongs("resources", text)] == ["error"], text
