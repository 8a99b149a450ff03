import copy
from typing import Any

import pytest

from webhook.pod.pod_resources import aggregate, fill_pod_resources

Json = dict[str, Any]


def a_container(restart: str | None = None, **resources: Any) -> Json:
    return {"resources": resources} | ({"restartPolicy": restart} if restart else {})


def test_sidecars_add_up_and_init_containers_count_while_they_start() -> None:
    spec = {
        "containers": [a_container(requests={"cpu": "1", "memory": "1Gi"}), a_container(requests={"cpu": "500m"})],
        "initContainers": [
            a_container(requests={"cpu": "100m"}),
            a_container("Always", requests={"cpu": "200m"}),
            a_container(requests={"cpu": "3", "memory": "1Mi"}),
        ],
    }
    totals = {name: total.canonical for name, total in aggregate(spec, "requests").items()}
    assert totals == {"cpu": "3200m", "memory": "1Gi"}


@pytest.mark.parametrize(
    ("resources", "filled"),
    [
        ({}, {}),
        ({"limits": {}}, {"limits": {}}),
        (
            {"requests": {"cpu": "1"}},
            {
                "limits": {"hugepages-2Mi": "4Mi"},
                "requests": {"cpu": "1", "memory": "1Gi", "hugepages-2Mi": "4Mi"},
            },
        ),
        (
            {"limits": {"cpu": "9", "hugepages-1Gi": "1Gi"}},
            {
                "limits": {"cpu": "9", "hugepages-1Gi": "1Gi", "hugepages-2Mi": "4Mi"},
                "requests": {"cpu": "2", "memory": "1Gi", "hugepages-1Gi": "1Gi", "hugepages-2Mi": "4Mi"},
            },
        ),
        (
            {"requests": {"memory": "2Gi"}, "limits": {"memory": "4Gi", "hugepages-2Mi": "8Mi"}},
            {
                "limits": {"memory": "4Gi", "hugepages-2Mi": "8Mi"},
                "requests": {"memory": "2Gi", "cpu": "2", "hugepages-2Mi": "8Mi"},
            },
        ),
    ],
)
def test_pod_level_resources_are_completed_where_the_author_began_them(resources: Json, filled: Json) -> None:
    requests = {"cpu": "2", "memory": "1Gi", "hugepages-2Mi": "4Mi", "a.example/x": "1"}
    spec = {"containers": [a_container(limits={"hugepages-2Mi": "4Mi"}, requests=requests)], "resources": resources}
    before = copy.deepcopy(resources)
    fill_pod_resources(spec)
    assert spec["resources"] == filled
    assert resources == before
