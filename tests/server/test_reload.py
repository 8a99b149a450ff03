"""Rules come into force, change under way, and stay when a change is broken; nothing is answered before the first."""

import threading
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.waiting import poll
from tests.server.serving import BAD_POD, RULES, Running, serving, settings, write_rules
from webhook.policy import load
from webhook.server.reload import Rules

LAX = RULES.replace("registry.corp.example", "docker.io")
BROKEN = RULES.replace("title:", "titel:")


def revision(server: Running) -> str:
    """The first word after `revision` in readiness detail."""
    return server.health("/readyz").body.decode().partition("revision ")[2].split()[0].strip(";,")


def rules(folder: Path) -> Rules:
    return Rules([str(folder / "rules")], settled=0.0)


def test_nothing_is_answered_before_the_rules_are_in_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_rules(tmp_path)
    may_read, read = threading.Event(), load.read

    def read_later(*arguments: Any) -> load.Loading:
        assert may_read.wait(10)
        return read(*arguments)

    monkeypatch.setattr(load, "read", read_later)
    with serving(settings(tmp_path)) as server:
        early = server.validate(BAD_POD)
        assert (early.status, early.headers["retry-after"]) == (503, "1")
        assert early.json == {"error": "not ready: the rules are being read"}
        assert server.send("POST", "/mutate?timeout=1s", b"{}").headers.keys().isdisjoint({"retry-after"})
        assert (server.health("/healthz").status, server.health("/readyz").status) == (200, 503)
        assert server.send("GET", "/readyz").status == 503
        assert server.metric("doorward_ready") == 0
        may_read.set()
        poll(server.is_ready, "the server did not become ready")
        assert server.validate(BAD_POD).response["allowed"] is False


def test_a_folder_that_is_broken_at_the_start_never_becomes_ready_and_tells_every_problem(tmp_path: Path) -> None:
    write_rules(tmp_path, BROKEN)
    write_rules(tmp_path, "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n", "foreign.yaml")
    with serving(settings(tmp_path)) as server:
        poll(lambda: b"broken" in server.health("/readyz").body, "the problems are not told")
        told = server.health("/readyz")
        assert told.status == 503
        assert f"{tmp_path}/rules/rules.yaml:5:3: error: ".encode() in told.body
        assert f"{tmp_path}/rules/foreign.yaml:1:".encode() in told.body
        assert server.health("/healthz").status == 200
        assert server.validate().status == 503
        assert server.metric("doorward_ruleset_last_reload_successful") == 0
        write_rules(tmp_path)
        (tmp_path / "rules/foreign.yaml").unlink()
        poll(server.is_ready, "the cured folder is not put in force")


def test_a_changed_rule_is_in_force_without_a_restart(tmp_path: Path) -> None:
    write_rules(tmp_path)
    with serving(settings(tmp_path)) as server:
        poll(server.is_ready, "the server did not become ready")
        first = revision(server)
        assert server.validate(BAD_POD).response["allowed"] is False
        write_rules(tmp_path, LAX)
        poll(lambda: revision(server) != first, "the change is not put in force")
        assert server.validate(BAD_POD).response["allowed"] is True
        assert server.metric(f'doorward_ruleset_info{{profile="",revision="{revision(server)}"}}') == 1


def test_a_broken_edit_keeps_the_last_good_rules_and_says_so(tmp_path: Path) -> None:
    write_rules(tmp_path)
    with serving(settings(tmp_path)) as server:
        poll(server.is_ready, "the server did not become ready")
        first = revision(server)
        write_rules(tmp_path, BROKEN)
        poll(lambda: b"WARNING" in server.health("/readyz").body, "the broken edit is not told")
        told = server.health("/readyz", accept="application/json").json
        assert told["ready"] is True
        assert told["parts"]["rules"]["ok"] is False
        assert revision(server) == first
        assert any("rules.yaml:5:3" in detail for detail in told["parts"]["rules"]["details"])
        assert server.metric("doorward_ruleset_last_reload_successful") == 0
        assert server.metric("doorward_ruleset_reload_failures_total") == 1
        assert server.validate(BAD_POD).response["allowed"] is False
        write_rules(tmp_path)
        poll(lambda: b"WARNING" not in server.health("/readyz").body, "the cured edit is not put in force")
        assert server.metric("doorward_ruleset_last_reload_successful") == 1


def test_the_same_bytes_are_not_read_again(tmp_path: Path) -> None:
    write_rules(tmp_path)
    found = rules(tmp_path)
    assert found.refresh() is True
    compiled = found.current
    write_rules(tmp_path)
    assert found.refresh() is False
    assert found.current is compiled


def test_a_file_that_comes_or_goes_is_a_change(tmp_path: Path) -> None:
    write_rules(tmp_path)
    found = rules(tmp_path)
    found.refresh()
    write_rules(tmp_path, RULES.replace("registries", "others"), "more.yaml")
    assert found.refresh() is True
    assert found.current is not None
    assert found.current.policies == ("others", "registries")
    (tmp_path / "rules/more.yaml").unlink()
    assert found.refresh() is True
    assert found.current is not None
    assert list(found.current.policies) == ["registries"]


def test_a_mounted_config_map_is_exchanged_by_a_link(tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    for name, text in (("one", RULES), ("two", LAX)):
        (folder / f"..{name}").mkdir(parents=True)
        (folder / f"..{name}" / "rules.yaml").write_text(text)
    (folder / "..data").symlink_to("..one")
    (folder / "rules.yaml").symlink_to("..data/rules.yaml")
    found = rules(tmp_path)
    found.refresh()
    first = found.current
    (folder / "..new").symlink_to("..two")
    (folder / "..new").replace(folder / "..data")
    assert found.refresh() is True
    assert first is not None
    assert found.current is not None
    assert (len(found.current.rules), found.current.revision != first.revision) == (1, True)


def test_a_folder_that_vanishes_keeps_the_rules(tmp_path: Path) -> None:
    write_rules(tmp_path)
    found = rules(tmp_path)
    found.refresh()
    compiled = found.current
    (tmp_path / "rules").rename(tmp_path / "gone")
    assert found.refresh() is False
    assert found.current is compiled
    assert found.trouble is not None
    assert found.trouble.problems[0].startswith(f"{tmp_path}/rules does not exist")
    (tmp_path / "gone").rename(tmp_path / "rules")
    assert found.refresh() is True
    assert found.trouble is None


def test_an_emptied_folder_keeps_the_rules(tmp_path: Path) -> None:
    write_rules(tmp_path)
    found = rules(tmp_path)
    found.refresh()
    compiled = found.current
    (tmp_path / "rules/rules.yaml").unlink()
    assert (found.refresh(), found.current is compiled, found.failures) == (False, True, 1)


def test_a_folder_that_is_still_being_written_is_awaited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_rules(tmp_path)
    found = rules(tmp_path)
    found.refresh()
    writing = iter([RULES + "# 1\n", BROKEN, LAX])

    def wait(_: float) -> bool:
        text = next(writing, None)
        if text:
            write_rules(tmp_path, text)
        return False

    monkeypatch.setattr(found._stopped, "wait", wait)
    write_rules(tmp_path, RULES + "# 0\n")
    assert found.refresh() is True
    assert (found.failures, next(writing, None)) == (0, None)


def test_a_fault_while_reading_keeps_the_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write_rules(tmp_path)
    found = rules(tmp_path)
    found.refresh()
    compiled = found.current

    def broken(*_: Any) -> load.Loading:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(load, "read", broken)
    write_rules(tmp_path, LAX)
    assert found.refresh() is False
    assert found.current is compiled
    assert found.trouble is not None
    assert "fault of ours: ZeroDivisionError('by zero')" in found.trouble.problems[0]
    assert "ZeroDivisionError: by zero" in caplog.text
    monkeypatch.undo()
    assert found.refresh() is True
    assert found.trouble is None


def test_warnings_about_the_rules_are_shown_and_do_not_hinder(tmp_path: Path) -> None:
    write_rules(tmp_path, RULES + "---\n" + RULES.replace("registries", "unused").replace("mode: enforce", "mode: off"))
    found = rules(tmp_path)
    assert found.refresh() is True
    assert found.trouble is None
