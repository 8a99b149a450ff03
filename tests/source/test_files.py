"""Which files a command's arguments mean, and what happens with those that cannot be read."""

import io
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from webhook.errors import InputError
from webhook.source import files


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def unprivileged_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty working directory that a user without privileges owns, and that user's eyes."""
    place = Path(tempfile.mkdtemp())
    monkeypatch.chdir(place)
    privileged = os.geteuid() == 0
    if privileged:
        os.chown(place, 65534, 65534)
        os.seteuid(65534)
    try:
        yield place
    finally:
        if privileged:
            os.seteuid(0)
        for path in (place, *place.rglob("*")):
            path.chmod(0o700)
        shutil.rmtree(place)


def put(*names: str, text: str = "a: 1\n") -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)


def names(*arguments: str) -> list[str]:
    return [found.name for found in files.find(arguments)]


def refusals(*arguments: str) -> list[str]:
    refused = []
    for found in files.find(arguments):
        with pytest.raises(InputError) as caught:
            found.read()
        refused.append(str(caught.value))
    return refused


def test_a_file_is_read_as_bytes_under_the_name_that_was_given(folder: Path) -> None:
    Path("pod.yaml").write_bytes(b"\xef\xbb\xbfa: 1\r\n")
    (found,) = files.find(["pod.yaml"])
    assert (found.name, found.read()) == ("pod.yaml", b"\xef\xbb\xbfa: 1\r\n")


def test_a_file_that_is_named_is_read_whatever_its_extension(folder: Path) -> None:
    put("pod.txt")
    assert names("pod.txt") == ["pod.txt"]


def test_a_folder_is_walked_deeply_in_the_order_of_names_for_the_three_extensions(folder: Path) -> None:
    put("deploy/b.yaml", "deploy/a.yml", "deploy/c.json", "deploy/D.YAML", "deploy/notes.md", "deploy/aa/z.yaml")
    assert names("deploy") == ["deploy/D.YAML", "deploy/a.yml", "deploy/aa/z.yaml", "deploy/b.yaml", "deploy/c.json"]


def test_the_working_directory_shows_names_without_a_leading_dot(folder: Path) -> None:
    put("pod.yaml", "sub/pod.yaml")
    assert names(".") == ["pod.yaml", "sub/pod.yaml"]
    assert names("./sub") == ["sub/pod.yaml"]


def test_an_absolute_folder_shows_absolute_names(folder: Path) -> None:
    put("sub/pod.yaml")
    assert names(str(folder / "sub")) == [str(folder / "sub/pod.yaml")]


def test_a_folder_without_manifests_yields_nothing(folder: Path) -> None:
    put("docs/readme.md")
    assert names("docs") == []


def test_other_extensions_can_be_asked_for(folder: Path) -> None:
    put("a.yaml", "b.test.yaml")
    assert [found.name for found in files.find(["."], extensions=(".test.yaml",))] == ["b.test.yaml"]


def test_names_that_begin_with_a_dot_are_left_out_of_a_folder(folder: Path) -> None:
    put("deploy/.hidden.yaml", "deploy/.git/x.yaml", "deploy/pod.yaml")
    assert names("deploy") == ["deploy/pod.yaml"]


def test_a_file_that_begins_with_a_dot_is_read_when_it_is_named(folder: Path) -> None:
    put(".hidden.yaml")
    assert names(".hidden.yaml") == [".hidden.yaml"]


def test_a_mounted_config_map_is_read_once_through_its_links(folder: Path) -> None:
    put("rules/..2026_01_02/policy.yaml", text="b: 2\n")
    Path("rules/..data").symlink_to("..2026_01_02")
    Path("rules/policy.yaml").symlink_to("..data/policy.yaml")
    (found,) = files.find(["rules"])
    assert (found.name, found.read()) == ("rules/policy.yaml", b"b: 2\n")


def test_links_that_lead_in_circles_are_followed_once(folder: Path) -> None:
    put("deploy/sub/pod.yaml")
    Path("deploy/sub/up").symlink_to("..")
    Path("deploy/again").symlink_to("sub")
    assert names("deploy") == ["deploy/again/pod.yaml"]


def test_a_link_to_itself_is_refused(folder: Path) -> None:
    Path("loop.yaml").symlink_to("loop.yaml")
    assert refusals(".") == ["loop.yaml: too many levels of symbolic links"]


def test_a_link_that_points_to_nothing_is_refused(folder: Path) -> None:
    Path("gone.yaml").symlink_to("nowhere.yaml")
    assert refusals(".") == ["gone.yaml: the link points to nothing: remove it or restore what it points to"]


def test_one_file_named_twice_is_read_once(folder: Path) -> None:
    put("deploy/pod.yaml")
    assert names("deploy/pod.yaml", "deploy", "./deploy/pod.yaml") == ["deploy/pod.yaml"]


def test_folders_nested_far_deeper_than_python_calls_may_be_are_walked(folder: Path) -> None:
    for _ in range(1200):
        os.mkdir("d")
        os.chdir("d")
    put("pod.yaml")
    os.chdir(folder)
    assert names("d") == ["d/" * 1200 + "pod.yaml"]
    os.chdir("d/" * 1200)  # take it down from the inside: pytest's own way recurses
    os.remove("pod.yaml")
    for _ in range(1200):
        os.chdir("..")
        os.rmdir("d")


def test_a_pattern_matches_in_one_folder(folder: Path) -> None:
    put("deploy/b.yaml", "deploy/a.yaml", "deploy/notes.md", "deploy/sub/c.yaml")
    assert names("deploy/*.yaml") == ["deploy/a.yaml", "deploy/b.yaml"]


def test_two_stars_go_through_folders_and_leave_out_what_is_no_manifest(folder: Path) -> None:
    put("deploy/a.yaml", "deploy/notes.md", "deploy/sub/c.yaml", "deploy/sub/.d.yaml")
    assert names("deploy/**") == ["deploy/a.yaml", "deploy/sub/c.yaml"]
    assert names("**/*.yaml") == ["deploy/a.yaml", "deploy/sub/c.yaml"]


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(folder: Path) -> None:
    put("[a].yaml", "a.yaml")
    assert names("[a].yaml") == ["[a].yaml"]


def test_a_pattern_that_matches_nothing_is_an_error(folder: Path) -> None:
    with pytest.raises(InputError) as caught:
        files.find(["deploy/*.yaml"])
    assert str(caught.value) == "deploy/*.yaml matches nothing: check the pattern; ** goes through folders"


def test_a_pattern_that_matches_no_manifest_is_an_error(folder: Path) -> None:
    put("deploy/notes.md")
    with pytest.raises(InputError) as caught:
        files.find(["deploy/*"])
    assert str(caught.value) == (
        "deploy/* matches only files that are not .yaml, .yml, .json: check the pattern; ** goes through folders"
    )


def test_a_name_that_does_not_exist_is_an_error_with_the_closest_name(folder: Path) -> None:
    put("deploy/web.yaml", "deploy/job.yaml")
    with pytest.raises(InputError) as caught:
        files.find(["deploy/wbe.yaml"])
    assert str(caught.value) == "deploy/wbe.yaml does not exist: did you mean deploy/web.yaml?"


def test_a_folder_that_does_not_exist_is_an_error_with_the_closest_folder(folder: Path) -> None:
    put("deploy/web.yaml")
    with pytest.raises(InputError) as caught:
        files.find(["deplyo/web.yaml"])
    assert str(caught.value) == "deplyo/web.yaml does not exist: did you mean deploy?"


def test_a_name_that_resembles_nothing_is_an_error_that_says_where_was_looked(folder: Path) -> None:
    put("deploy/web.yaml")
    with pytest.raises(InputError) as caught:
        files.find(["deploy/zzzzzz"])
    assert str(caught.value) == "deploy/zzzzzz does not exist: there is no zzzzzz in deploy"
    with pytest.raises(InputError) as caught:
        files.find(["zzzzzz"])
    assert str(caught.value) == "zzzzzz does not exist: there is no zzzzzz in the working directory"


def test_terminal_escapes_in_a_name_are_not_echoed(folder: Path) -> None:
    with pytest.raises(InputError) as caught:
        files.find(["x\x1b]0;x"])
    assert str(caught.value) == "x�]0;x does not exist: there is no x�]0;x in the working directory"


def test_a_missing_name_is_an_error_before_anything_is_read(folder: Path) -> None:
    put("pod.yaml")
    with pytest.raises(InputError, match=r"gone\.yaml does not exist"):
        files.find(["pod.yaml", "gone.yaml"])


def test_standard_input_is_read_once(folder: Path) -> None:
    found = list(files.find(["-", "-"], stdin=io.BytesIO(b"a: 1\n")))
    assert [(one.name, one.read()) for one in found] == [("<stdin>", b"a: 1\n")]


def test_a_fifo_a_socket_and_a_device_are_refused(folder: Path) -> None:
    os.mkfifo("pipe.yaml")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.yaml")
        cure = "not a regular file: send its content to standard input and pass -"
        assert refusals(".") == [f"pipe.yaml: {cure}", f"socket.yaml: {cure}"]
    assert refusals("/dev/null") == [f"/dev/null: {cure}"]


def test_a_file_above_the_limit_is_refused_and_one_at_the_limit_is_not(folder: Path) -> None:
    put("pod.yaml", text="a: 12\n")
    (at_limit,) = files.find(["pod.yaml"], largest=6)
    assert at_limit.read() == b"a: 12\n"
    (above,) = files.find(["pod.yaml"], largest=5)
    with pytest.raises(InputError) as caught:
        above.read()
    assert str(caught.value) == "pod.yaml: larger than 5 bytes: split it into several files"


def test_standard_input_has_the_same_limit() -> None:
    (found,) = files.find(["-"], stdin=io.BytesIO(b"a: 12\n"), largest=5)
    with pytest.raises(InputError) as caught:
        found.read()
    assert str(caught.value) == "<stdin>: larger than 5 bytes: split it into several files"


def test_the_limit_is_64_mebibytes() -> None:
    assert files.LARGEST == 67_108_864


def test_an_unreadable_file_is_refused_and_the_others_are_read(unprivileged_folder: Path) -> None:
    put("a.yaml", "b.yaml")
    Path("a.yaml").chmod(0)
    first, second = files.find(["."])
    with pytest.raises(InputError) as caught:
        first.read()
    assert str(caught.value) == "a.yaml: permission denied: check the file's and its folders' permissions"
    assert second.read() == b"a: 1\n"


def test_an_unreadable_folder_is_refused_and_the_others_are_walked(unprivileged_folder: Path) -> None:
    put("closed/a.yaml", "open/b.yaml")
    Path("closed").chmod(0)
    closed, opened = files.find(["."])
    with pytest.raises(InputError) as caught:
        closed.read()
    assert str(caught.value) == "closed: permission denied: check the file's and its folders' permissions"
    assert (opened.name, opened.read()) == ("open/b.yaml", b"a: 1\n")
