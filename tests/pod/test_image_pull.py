import pytest

from webhook.pod.image_pull import pull_policy

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    "image",
    ["nginx", "nginx:latest", f"nginx:latest@{DIGEST}", "registry.example:5000/a", "localhost/a", "HOST/a", "a/b"],
)
def test_the_latest_tag_is_pulled_always(image: str) -> None:
    assert pull_policy(image) == "Always"


@pytest.mark.parametrize(
    "image",
    [
        "nginx:1.27",
        "registry.example:5000/a:1",
        f"nginx@{DIGEST}",
        f"nginx:1@{DIGEST}",
        "nginx:latest@sha256:abc",
        "NGINX",
        "registry.example/Upper",
        "a:b:c",
        "a" * 64,
        "docker.io/" + "a" * 250,
        "",
        None,
        5,
    ],
)
def test_every_other_image_and_what_is_none_is_pulled_if_not_present(image: object) -> None:
    assert pull_policy(image) == "IfNotPresent"
