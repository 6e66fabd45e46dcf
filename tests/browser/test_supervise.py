"""No process is left behind, however the harness ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from .supervise import LINUX, descendants

SUPERVISOR = Path(__file__).with_name("supervise.py")

# A command with a child that leaves its session and its parent, as browsers do. All of them hold
# the pipe that is their standard output, so its end says that all are gone.
FAMILY = """
import os, subprocess, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print("grandchild", flush=True)
        time.sleep(600)
    os._exit(0)
print(os.environ["TMPDIR"], flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(not LINUX, reason="adopting orphans needs Linux")
@pytest.mark.parametrize("how", ["input closes", "terminated", "interrupted", "command killed"])
def test_everything_is_ended(how: str) -> None:
    """The command, its children and grandchildren, and the temporary folder."""
    with subprocess.Popen(
        [sys.executable, str(SUPERVISOR), "--", sys.executable, "-c", FAMILY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        lines = {process.stdout.readline().strip(), process.stdout.readline().strip()}
        folder = Path(*(lines - {"grandchild"}))
        assert folder.is_dir()
        if how == "input closes":
            process.stdin.close()
        elif how == "command killed":
            os.kill(min(descendants(process.pid)), signal.SIGKILL)
        else:
            number = signal.SIGTERM if how == "terminated" else signal.SIGINT
            process.send_signal(number)
        assert process.stdout.read() == ""
        process.wait()
    assert not folder.exists()
