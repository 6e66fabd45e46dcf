"""See to it that the browsers are there: from the system's packages when that is allowed.

Where they can't be installed, says exactly what to install, and with `--require` fails.
"""

import sys

from tests.browser import engines
from tools import system
from tools.project import Problem, alone, main, say

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
        lacking = engines.missing()
        installed = [system.install(PACKAGES[engine]) for engine in lacking]
        if any(installed):
            engines.missing.cache_clear()
            lacking = engines.missing()
    if not lacking:
        return
    advice = "\n".join([*lacking.values(), "", *instructions(lacking)])
    if "--require" in sys.argv:
        raise Problem(f"the tests need every browser, but:\n{advice}")
    say(f"not every browser is here; the tests will need:\n{advice}")


def instructions(missing: dict[str, str]) -> list[str]:
    """What a person has to do to get these engines."""
    packages = sorted({package for engine in missing for package in PACKAGES[engine]})
    return [
        f"On Debian, as root:  apt-get install {' '.join(packages)}",
        *(f"Elsewhere, for {engine}:  {ELSEWHERE[engine]}" for engine in missing),
    ]


if __name__ == "__main__":
    main(browsers)
