"""Serve the demo with its own server on free loopback ports; with `--check`, try it and end."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tools import distributions
from tools.project import NODE_MODULES, ROOT, Problem, main

MOUNTS = {
    "/": ROOT / "demo",
    "/pyodide": distributions.folder(distributions.versions()[0]),
    "/uplot": NODE_MODULES / "uplot" / "dist",
    "/scenarios": ROOT / "tests" / "scenarios",
}


@contextmanager
def served() -> Iterator[str]:
    """Serve the demo from a process of its own, and give the page's address."""
    command = [sys.executable, "-m", "tests.server"]
    for prefix, folder in MOUNTS.items():
        command += ["--static", f"{prefix}={folder}"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            line = server.stdout.readline() if server.stdout else ""
            if not line:
                raise Problem("the demo's server did not start")
            yield json.loads(line)["http"] + "/"
        finally:
            server.terminate()


def demo() -> None:
    """Serve until Ctrl-C, or check."""
    with served() as address:
        if "--check" in sys.argv:
            from tools.check_demo import check

            check(address)
        else:
            print(f"\n    The demo is at {address}\n    Ctrl-C ends it.\n", flush=True)
            try:
                signal.pause()
            except KeyboardInterrupt:
                print()


if __name__ == "__main__":
    main(demo)
