"""Install packages of the system, if that is allowed: as root, or by sudo without a password.

Debian and Ubuntu only. Never asks for a password. Standard library only.
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
    """What to put before `apt-get`, or None if installing is not allowed or there is no apt."""
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
    """Bring the list of packages up to date, once."""
    run(*prefix, "apt-get", "update", quiet=True)
    return True


def is_offered(package: str) -> bool:
    """Whether the package can be installed; Ubuntu's Chromium is a snap, which has no WebDriver."""
    command = ["apt-cache", "policy", package]
    policy = subprocess.run(command, capture_output=True, text=True).stdout
    candidate = policy.partition("Candidate: ")[2].partition("\n")[0]
    return candidate not in ("", "(none)") and "snap" not in candidate
