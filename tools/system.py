"""Install packages of Debian or Ubuntu, where that needs no password: as root or with sudo.

Elsewhere nothing is installed, and the caller says what is missing. Imports the standard library only.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache

from tools.project import run, say


def install(packages: Sequence[str]) -> bool:
    """Install all the packages, or none of them; return whether they were installed."""
    prefix = permission()
    if prefix is None or not update(tuple(prefix)) or not all(map(is_offered, packages)):
        return False
    say(f"installing from the system's packages: {' '.join(packages)}")
    run(*prefix, "apt-get", "install", "--yes", "--no-install-recommends", *packages, quiet=True)
    return True


def permission() -> list[str] | None:
    """Return the command to put before `apt-get`, or None without the rights or without apt."""
    if not shutil.which("apt-get"):
        return None
    sudo = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    command = [*sudo, "env", "DEBIAN_FRONTEND=noninteractive"]
    try:
        allowed = subprocess.run([*command, "true"], capture_output=True).returncode == 0
    except FileNotFoundError:
        return None
    return command if allowed else None


@cache
def update(prefix: tuple[str, ...]) -> bool:
    """Update the list of packages, once per process."""
    run(*prefix, "apt-get", "update", quiet=True)
    return True


def is_offered(package: str) -> bool:
    """Return whether apt has the package and it is no snap: Ubuntu's Chromium has no WebDriver."""
    command = ["apt-cache", "policy", package]
    policy = subprocess.run(command, capture_output=True, text=True).stdout
    candidate = policy.partition("Candidate: ")[2].partition("\n")[0]
    return candidate not in ("", "(none)") and "snap" not in candidate
