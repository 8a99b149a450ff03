"""The image without a container engine: the Dockerfile's steps, read from it and done in a folder."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
INSTALLED = ("/src", "/opt", "/etc/doorward")
"""The places of the image's file system that the Dockerfile makes; a folder stands in for each."""


@dataclass
class Stage:
    """One FROM with what follows it."""

    name: str
    instructions: list[tuple[str, str]] = field(default_factory=list)

    def all(self, word: str) -> list[str]:
        return [rest for found, rest in self.instructions if found == word]

    def last(self, word: str) -> str:
        return self.all(word)[-1]


def stages() -> list[Stage]:
    """The Dockerfile's stages, each instruction on one line."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    found: list[Stage] = []
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "FROM":
            found.append(Stage(rest.partition(" AS ")[2]))
        elif word and found:
            found[-1].instructions.append((word, rest.strip()))
    return found


def ignored() -> tuple[set[str], set[str]]:
    """What .dockerignore lets through at the top, and the names that it keeps out everywhere."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    assert patterns[0] == "*", "everything is kept out first"
    let_through = {pattern[1:] for pattern in patterns if pattern.startswith("!")}
    everywhere = {pattern.removeprefix("**/") for pattern in patterns if pattern.startswith("**/")}
    assert len(let_through) + len(everywhere) + 1 == len(patterns), "a kind of pattern that this test does not know"
    return let_through, everywhere


class Image:
    """The file system that the Dockerfile describes, in a folder."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._let_through, self._everywhere = ignored()
        self.builder, self.final = stages()
        self._workdir = "/"

    def at(self, path: str) -> Path:
        return self.place / path.lstrip("/")

    def translated(self, line: str) -> str:
        """The line with the folder in front of every place that the image owns."""
        return re.sub(rf"(?<![\w./])({'|'.join(INSTALLED)})(?=[/\s:]|$)", lambda match: f"{self.place}{match[1]}", line)

    def build(self) -> None:
        for word, rest in self.builder.instructions:
            self._do(word, rest)
        for rest in self.final.all("COPY"):
            if rest.startswith("--from="):
                _, source, target = rest.split()
                assert source == target, "what one stage made is in the same place in the next"
            else:
                self._copy(rest)

    def _do(self, word: str, rest: str) -> None:
        match word:
            case "WORKDIR":
                self._workdir = rest
                self.at(rest).mkdir(parents=True)
            case "COPY":
                self._copy(rest)
            case "RUN":
                self._run(self.translated(rest))
            case _:
                assert word == "ENV", f"{word}: this test does not know what it does to the file system"

    def _copy(self, rest: str) -> None:
        *sources, target = rest.split()
        for source in sources:
            assert source.partition("/")[0] in self._let_through, f"{source}: .dockerignore keeps it out"
            to = self.at(target if target.startswith("/") else f"{self._workdir}/{target}")
            if (ROOT / source).is_dir():
                keep_out = shutil.ignore_patterns(*self._everywhere)
                shutil.copytree(ROOT / source, to, symlinks=True, ignore=keep_out)
            else:
                shutil.copy(ROOT / source, to)

    def _run(self, line: str) -> None:
        # The machine's own settings for pip hold, its cache too, and not the stage's ENV, which switches the cache off.
        environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
        environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
        done = subprocess.run(
            ["sh", "-ec", line],
            cwd=self.at(self._workdir),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout

    def environment(self) -> dict[str, str]:
        """The final stage's ENV over what a container has; no place to write is named."""
        environment = {"PATH": os.defpath, "HOME": "/nonexistent", "TMPDIR": "/nonexistent"}
        for pair in self.final.last("ENV").split():
            name, _, value = pair.partition("=")
            environment[name] = self.translated(value).replace("$PATH", environment["PATH"])
        return environment

    def command(self, *arguments: str) -> list[str]:
        (command,) = json.loads(self.final.last("ENTRYPOINT"))
        found = shutil.which(command, path=self.environment()["PATH"])
        assert found == str(self.at("/opt/doorward/bin/doorward"))
        return [found, *arguments]

    @property
    def working_directory(self) -> Path:
        return self.at(self.final.last("WORKDIR"))

    def files(self) -> dict[str, tuple[int, float]]:
        """Everything that the image owns, with size and time of change."""
        paths = [path for place in INSTALLED for path in self.at(place).rglob("*")]
        return {str(path): (path.lstat().st_size, path.lstat().st_mtime) for path in paths}
