"""Pages without a browser: Pyodide in Node, Deno or Bun, behind the same calls as a page's.

The runtimes come from npm, see tools/environments.py. Each is one process, which runs page/runtime.mjs,
is spoken to through its standard input and output, and ends with them.
"""

import json
import os
import platform
import queue
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Any

from .cells import DISTRIBUTIONS, ROOT, RUNTIMES, PageSpec
from .runners import NoAnswer, TabCrashed, _HarnessPage

INSTALLED = ROOT / ".build" / "environments" / "node_modules"
PAGE = Path(__file__).with_name("page") / "runtime.mjs"

DENO = ("deno/deno", "run", "--no-lock", "--no-prompt", "--allow-read", "--allow-net")
COMMANDS = {
    "node-22": ("node-22/bin/node",),
    "node-24": ("node-24/bin/node",),
    "node-26": ("node-26/bin/node",),
    "bun": ("bun/bin/bun", "run"),
    "deno": DENO,
    "deno-unstable-net": (*DENO, "--unstable-net"),
}
"""Programs, relative to where npm put them, and what goes before the script."""

assert set(COMMANDS) == set(RUNTIMES)


def command(runtime: str) -> list[str]:
    """The command that runs a script."""
    program, *options = COMMANDS[runtime]
    return [str(INSTALLED / program), *options]


def missing(runtime: str) -> str:
    """Why there is no such runtime for this machine; empty if there is.

    Raises:
        FileNotFoundError: there is, but it has not been installed.
    """
    if (INSTALLED / COMMANDS[runtime][0]).exists():
        return ""
    machine = f"{platform.system()} {platform.machine()}"
    if machine == "Linux x86_64":
        raise FileNotFoundError(f"no {runtime} in {INSTALLED}: run ./build.sh test")
    return f"tests/environments/npm has no {runtime} for {machine}"


class RuntimePage(_HarnessPage):
    """A process of a runtime, instead of a browser's page."""

    def __init__(self, spec: PageSpec, port: int) -> None:
        self.spec = spec
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        # What the runtime leaves there, such as caches, goes with it.
        self._home = tempfile.TemporaryDirectory(prefix="websocketstream-runtime-")
        self._errors = Path(self._home.name) / "errors"
        bundle = f"http://127.0.0.1:{port}/harness/bundle.zip"
        with self._errors.open("w") as errors:
            self._process = subprocess.Popen(
                [*command(spec.engine), str(PAGE), str(DISTRIBUTIONS / spec.pyodide), bundle],
                cwd=self._home.name,
                env=os.environ | {"HOME": self._home.name, "DENO_NO_UPDATE_CHECK": "1"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._answers.put(line)
        self._answers.put("")

    @property
    def engine_version(self) -> str:
        return str(self.call("version", 60)["value"])

    def call(self, method: str, within: float, /, **payload: Any) -> dict[str, Any]:
        """Call into the runtime's Python, as into a page's."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{json.dumps([method, json.dumps(payload)])}\n")
            self._process.stdin.flush()
            line = self._answers.get(timeout=within)
        except queue.Empty:
            raise NoAnswer(f"{self.spec.engine} does not answer any more, after {within:g} s") from None
        except BrokenPipeError:
            line = ""
        if not line:
            raise TabCrashed(f"{self.spec.engine} has ended\n{self._errors.read_text()[-4000:]}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def kill(self) -> None:
        """End the process without asking it."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()
        self._home.cleanup()
