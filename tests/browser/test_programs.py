"""Programs, for a library or for this package, print the same on CPython and in every engine."""

import os
import secrets
import subprocess
import sys
from dataclasses import dataclass
from functools import cache

import pytest
from packaging.version import Version

from tests.libraries import PINS
from tests.libraries._thread import ServerThread
from tests.server import ThreadedServer

from .cells import LIBRARIES, ROOT, PageSpec, pyodide_versions
from .pages import Page, programs
from .plugin import SELECTION

LIMIT = 60.0


@dataclass(frozen=True)
class Program:
    """A program, and the version of the library that it runs with."""

    name: str
    group: str
    requirement: str

    @property
    def id(self) -> str:
        return f"{self.name}-{self.requirement}"


@cache
def on_cpython(program: Program, server: str) -> list[str]:
    """Run a program in a process of its own, and return the lines that it prints.

    Python can import pure wheels as they are. It prefers them to what is installed.
    """
    wheels = LIBRARIES.joinpath(program.group).glob(f"{program.requirement.replace('==', '-')}-*.whl")
    done = subprocess.run(
        [sys.executable, "-m", "tests.programs", program.name, server],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, [*wheels, ROOT / "src"]))},
        capture_output=True,
        text=True,
        timeout=LIMIT,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) > 30
    return lines


def all_programs() -> list[Program]:
    """The programs: with each version of `websockets`, whose newer client came with version 13.

    This package's own program uses that client on CPython, from the version on that its extra names.
    """
    versions = _pins("websockets")
    (aiohttp,) = (pin for pin in _pins("websockets-17") if pin.startswith("aiohttp=="))
    return [
        Program("aiohttp_feed", "websockets-17", aiohttp),
        *(
            Program(name, "websockets", version)
            for version in versions
            for name in ("legacy_feed", "feed")
            if (name, version) != ("feed", "websockets==12.0")
        ),
        *(
            Program("stream_feed", "websockets", version)
            for version in versions
            if Version(version.partition("==")[2]) >= Version("15")
        ),
    ]


def _pins(group: str) -> list[str]:
    return [line for line in (PINS / f"{group}.txt").read_text().splitlines() if line[:1].isalpha()]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "program" not in metafunc.fixturenames:
        return
    metafunc.parametrize(
        ("spec", "program"),
        [
            pytest.param(
                PageSpec(page.engine, "main+programs", page.pyodide),
                program,
                id=f"{page.engine}-{program.id}",
            )
            for page in metafunc.config.stash[SELECTION].pages()
            if page.thread == "main" and page.pyodide == pyodide_versions()[0]
            for program in all_programs()
        ],
    )


def test_program(
    spec: PageSpec, page: Page, program: Program, ws_server: ThreadedServer, servers: ServerThread
) -> None:
    """The program prints in the page, line by line, what it prints on CPython."""
    # Firefox delays connections to a path where those of an earlier program have failed.
    own_part = f"/@{secrets.token_hex(4)}"
    server = servers.url("aiohttp") if program.name == "aiohttp_feed" else ws_server.url + own_part
    registry = programs(program.group, program.requirement)
    outcome = page.run_scenario(program.name, spec.cells[-1], server, registry=registry, limit=LIMIT)
    if outcome.outcome != "passed":
        pytest.fail(f"{outcome.text or outcome.reason}\n{outcome.output}", pytrace=False)
    assert outcome.output.splitlines() == on_cpython(program, server)
