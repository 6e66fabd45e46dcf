"""See to it that the browsers are there: from the system's packages when that is allowed.

Where they can't be installed, says exactly what to install, and with `--require` fails.
WEBSOCKETSTREAM_ENGINES, as in `WEBSOCKETSTREAM_ENGINES=chromium,firefox`, leaves the others out.
"""

import os
import sys

from tests.browser import engines
from tools import system
from tools.project import Problem, alone, main, say

PACKAGES = {
    "chromium": ("chromium", "chromium-driver", "chromium-sandbox", "fonts-dejavu-core"),
    "firefox": ("firefox-esr", "libnss3", "fonts-dejavu-core"),
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
        installed = [system.install(PACKAGES[engine]) for engine in lacking]
        if any(installed):
            engines.missing.cache_clear()
            lacking = missing()
    if not lacking:
        return
    advice = "\n".join([*lacking.values(), "", *instructions(lacking)])
    if "--require" in sys.argv:
        raise Problem(f"the tests need every browser, but:\n{advice}")
    say(f"not every browser is here; the tests will need:\n{advice}")


def missing() -> dict[str, str]:
    """The engines that are wanted and not here, each with the reason."""
    wanted = os.environ.get("WEBSOCKETSTREAM_ENGINES") or ",".join(engines.ENGINES)
    return {name: why for name, why in engines.missing().items() if name in wanted.split(",")}


def instructions(lacking: dict[str, str]) -> list[str]:
    """What a person has to do to get these engines."""
    packages = sorted({package for engine in lacking for package in PACKAGES[engine]})
    return [
        f"On Debian, as root:  apt-get install {' '.join(packages)}",
        *(f"Elsewhere, for {engine}:  {ELSEWHERE[engine]}" for engine in lacking),
    ]


if __name__ == "__main__":
    main(browsers)
