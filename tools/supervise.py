"""Run a command and end all its processes afterwards: `python -m tools.supervise COMMAND…`.

It adopts the processes that the command's children leave behind, and ends all of them when the command
ends or this process gets a signal. The terminal sends Ctrl-C to the command as well, so the command gets
some time to end by itself. Imports the standard library only, because it runs before there is a virtual
environment.
"""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time

from tests.browser.supervise import LINUX, adopt_orphans, catch_signals, descendants, end_all

GRACE = 10.0
"""Seconds that the processes get to end by themselves."""


def wait_for(command: subprocess.Popen[bytes], wakeup: int) -> int | None:
    """Wait until the command ends or a signal arrives; return the signal's number, or None."""
    while command.poll() is None:
        select.select([wakeup], [], [])
        asked = set(os.read(wakeup, 4096)) - {signal.SIGCHLD}
        if asked:
            return min(asked)
    return None


def ask(signum: int, command: subprocess.Popen[bytes]) -> None:
    """Pass the signal on to all processes, and wait until they end or `GRACE` is over."""
    if signum != signal.SIGINT or not os.isatty(0):
        for pid in descendants(os.getpid()) if LINUX else [command.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signum)
    deadline = time.monotonic() + GRACE
    while command.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)


def main(arguments: list[str]) -> int:
    """Run the command; return its exit code, or 128 and the signal's number as a shell does."""
    adopt_orphans()
    wakeup = catch_signals()
    command = subprocess.Popen(arguments)
    signum = wait_for(command, wakeup)
    if signum is not None:
        ask(signum, command)
    end_all(command)
    return 128 + signum if signum is not None else command.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
