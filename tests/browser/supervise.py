"""Run one command and leave nothing behind: `supervise.py [--xvfb] [--dbus] [--nss FOLDER] -- command…`.

Browsers start many processes, some of which leave their process group or outlive their parent.
This process adopts all of them (it is their "subreaper"), ends them all when its standard input
closes, when it is told to stop or when the command ends, and removes their temporary files. Its
standard input is a pipe from the process that started it, so that an interrupted or killed
pytest takes its browsers with it. On systems other than Linux it ends the process group.

Runs as a script of its own; imports the standard library only.
"""

import contextlib
import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
LINUX = sys.platform == "linux"


def adopt_orphans() -> None:
    """Make this process the parent of every descendant whose own parent ends."""
    if LINUX:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def descendants(root: int) -> list[int]:
    """The ids of all processes below `root`, from /proc."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            # The name, in parentheses, may contain anything; the parent follows the state.
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found: list[int] = []
    queue = [root]
    while queue:
        below = children.get(queue.pop(), [])
        found += below
        queue += below
    return found


def end_all(command: subprocess.Popen[bytes]) -> None:
    """End every descendant. Repeats because a process may start another while it is being ended."""
    if not LINUX:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(command.pid, signal.SIGKILL)
        return
    while below := descendants(os.getpid()):
        for pid in below:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(-1, 0)


def start_display(env: dict[str, str]) -> None:
    """Start an X server on a display number that it chooses itself, and put it into `env`."""
    read_end, write_end = os.pipe()
    size = os.environ.get("WEBSOCKETSTREAM_SCREEN", "1600x1600")
    subprocess.Popen(
        ["Xvfb", "-displayfd", str(write_end), "-screen", "0", f"{size}x24", "-nolisten", "tcp"],
        pass_fds=[write_end],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(write_end)
    with open(read_end) as pipe:
        number = pipe.readline().strip()
    if not number:
        sys.exit("Xvfb did not start")
    env["DISPLAY"] = f":{number}"


def catch_signals() -> int:
    """Turn signals into bytes on a pipe, whose reading end is returned."""
    wakeup, notify = os.pipe()
    os.set_blocking(notify, False)
    signal.set_wakeup_fd(notify, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    return wakeup


def wait_for_end(command: subprocess.Popen[bytes], wakeup: int) -> int:
    """Return when the command ends, standard input closes or a signal asks for it."""
    while command.poll() is None:
        ready, _, _ = select.select([sys.stdin.fileno(), wakeup], [], [])
        if sys.stdin.fileno() in ready and not os.read(sys.stdin.fileno(), 4096):
            return 0
        if wakeup in ready and set(os.read(wakeup, 4096)) - {signal.SIGCHLD}:
            return 0
    return command.returncode


def main(arguments: list[str]) -> int:
    """Start what the options ask for and the command, and clean up after it."""
    options, command = (
        arguments[: arguments.index("--")],
        arguments[arguments.index("--") + 1 :],
    )
    adopt_orphans()
    wakeup = catch_signals()
    scratch = tempfile.mkdtemp(prefix="websocketstream-browser-")
    # Browsers keep profiles and sockets in these folders; a run of its own each keeps them apart.
    env = os.environ | {"TMPDIR": scratch, "XDG_RUNTIME_DIR": scratch, "HOME": scratch}
    if "--nss" in options:
        # Where Chromium looks for the authorities that its user trusts.
        shutil.copytree(options[options.index("--nss") + 1], Path(scratch, ".pki", "nssdb"))
    if "--xvfb" in options:
        start_display(env)
    if "--dbus" in options:
        command = ["dbus-run-session", "--", *command]
    try:
        process = subprocess.Popen(
            command, env=env, stdin=subprocess.DEVNULL, start_new_session=not LINUX
        )
        try:
            return wait_for_end(process, wakeup)
        finally:
            end_all(process)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
