"""Run one command, and leave nothing behind: `python -m tools.supervise COMMAND…`.

Takes in every process that the command's children leave, and ends them all when the command ends
or a signal says so. After Ctrl-C, which reaches the command too, it may first end in good order.
Standard library only: it runs before there is a virtual environment.
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
"""Seconds that the processes have to end in good order."""


def wait_for(command: subprocess.Popen[bytes], wakeup: int) -> int | None:
    """Return None when the command ends, or the number of the signal that asks for the end."""
    while command.poll() is None:
        select.select([wakeup], [], [])
        asked = set(os.read(wakeup, 4096)) - {signal.SIGCHLD}
        if asked:
            return min(asked)
    return None


def ask(signum: int, command: subprocess.Popen[bytes]) -> None:
    """Ask all processes to end, and give them the time for it."""
    if signum != signal.SIGINT or not os.isatty(0):
        for pid in descendants(os.getpid()) if LINUX else [command.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signum)
    deadline = time.monotonic() + GRACE
    while command.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)


def main(arguments: list[str]) -> int:
    """Run the command and return its exit code, or the shell's code for a signal."""
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
