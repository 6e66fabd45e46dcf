"""See to it that the browsers are there: from the system's packages when that is allowed.

Never asks for a password. Where packages can't be installed, says exactly what to install, and
with `--require` fails.
"""

import os
import shutil
import subprocess
import sys

from tests.browser.engines import missing
from tools.project import Problem, alone, main, run, say

PACKAGES = {
    "chromium": ("chromium", "chromium-driver", "fonts-dejavu-core"),
    "firefox": ("firefox-esr", "fonts-dejavu-core"),
    "webkit": ("webkit2gtk-driver", "xvfb", "dbus", "fonts-dejavu-core"),
}
"""Debian's packages; Ubuntu has WebKitGTK under the same names. Firefox's driver is from PyPI."""

ELSEWHERE = {
    "chromium": "Google Chrome and chromedriver, both on the PATH",
    "firefox": "Mozilla's Firefox, on the PATH",
    "webkit": "WebKitGTK's MiniBrowser and WebKitWebDriver, Xvfb and D-Bus (Linux only)",
}


def browsers() -> None:
    """Install the browsers that are missing, or tell how."""
    with alone():
        lacking = missing()
        if lacking and (sudo := permission()) is not None:
            install(sudo, lacking)
            lacking = missing.__wrapped__()
    if not lacking:
        return
    advice = "\n".join([*lacking.values(), "", *instructions(lacking)])
    if "--require" in sys.argv:
        raise Problem(f"not every browser is here:\n{advice}")
    say(f"not every browser is here; the tests will need:\n{advice}")


def permission() -> list[str] | None:
    """What to put before `apt-get`: nothing for root, sudo without a password, None if neither."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    sudo = ["sudo", "--non-interactive"]
    if shutil.which("sudo") and subprocess.run([*sudo, "true"], capture_output=True).returncode == 0:
        return sudo
    return None


def install(sudo: list[str], engines: dict[str, str]) -> None:
    """Install what Debian or Ubuntu has of these engines' packages."""
    apt = [*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet", "--yes"]
    run(*apt, "update", quiet=True)
    for engine in engines:
        packages = PACKAGES[engine]
        if all(map(is_offered, packages)):
            say(f"{engine}: installing the system packages {' '.join(packages)}")
            run(*apt, "install", "--no-install-recommends", *packages, quiet=True)


def is_offered(package: str) -> bool:
    """Whether the package can be installed; Ubuntu's Chromium is a snap, which has no WebDriver."""
    policy = subprocess.run(["apt-cache", "policy", package], capture_output=True, text=True).stdout
    candidate = policy.partition("Candidate: ")[2].partition("\n")[0]
    return candidate not in ("", "(none)") and "snap" not in candidate


def instructions(engines: dict[str, str]) -> list[str]:
    """What a person has to do to get these engines."""
    packages = sorted({package for engine in engines for package in PACKAGES[engine]})
    return [
        f"On Debian:  apt-get install {' '.join(packages)}",
        *(f"Elsewhere, for {engine}:  {ELSEWHERE[engine]}" for engine in engines),
    ]


if __name__ == "__main__":
    main(browsers)
