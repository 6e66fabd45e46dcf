"""Start an engine through selenium so that none of its processes can be left behind.

Every WebDriver runs below supervise.py, which ends it and all its browser processes when selenium
says so, and also when this process is interrupted or killed. WebKitGTK has no headless mode: its
supervisor starts an X server and a D-Bus session for it, so pytest needs no `xvfb-run` around it.
"""

import base64
import os
import sys
import threading
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.options import Options as ChromeOptions
from selenium.webdriver.chrome.service import Service as ChromeService
from selenium.webdriver.common.service import Service
from selenium.webdriver.firefox.options import Options as FirefoxOptions
from selenium.webdriver.firefox.service import Service as FirefoxService
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.webkitgtk.options import Options as WebKitGTKOptions
from selenium.webdriver.webkitgtk.service import Service as WebKitGTKService

from tests.server import tls

from . import bundle, trust
from .engines import Engine, find

START_LIMIT = 90
"""Seconds within which a browser must be there."""

COMMAND_LIMIT = 90
"""Seconds within which a WebDriver must answer a command, unless `limit_commands` says otherwise."""

SUPERVISOR = Path(__file__).with_name("supervise.py")

CHROMIUM_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


class _Supervised(Service):
    """Mixed into selenium's services: runs the real WebDriver below the supervisor."""

    supervisor_options: Sequence[str] = ()
    driver: Path

    def command_line_args(self) -> list[str]:
        return [
            str(SUPERVISOR),
            *self.supervisor_options,
            "--",
            str(self.driver),
            *super().command_line_args(),  # type: ignore[safe-super]
        ]

    def env_path(self) -> str | None:
        # The path that selenium starts is always the supervisor's interpreter.
        return None

    def send_remote_shutdown_command(self) -> None:
        # Only Chromium's driver knows this request, and the supervisor is quicker.
        pass


class _ChromeService(_Supervised, ChromeService):
    pass


class _FirefoxService(_Supervised, FirefoxService):
    pass


class _WebKitGTKService(_Supervised, WebKitGTKService):
    supervisor_options = ("--xvfb", "--dbus")


def _service[S: _Supervised](kind: type[S], engine: Engine) -> S:
    # A session of its own keeps the terminal's Ctrl-C away from the browsers: pytest gets it, and
    # ends them in good order.
    service = kind(executable_path=sys.executable, popen_kw={"start_new_session": True})
    service.driver = engine.driver
    return service


class _FirefoxOptions(FirefoxOptions):
    """Options with which the browser trusts the authority of the servers here, as from its settings."""

    def to_capabilities(self) -> dict[str, Any]:
        capabilities: dict[str, Any] = super().to_capabilities()
        profile = bundle.pack((file.name, file) for file in trust.database().iterdir())
        capabilities[self.KEY]["profile"] = base64.b64encode(profile).decode()
        return capabilities


class _WebKitGTKOptions(WebKitGTKOptions):
    """Options with which the browser accepts the certificate of the servers here, and no other.

    It is what happens when a user goes on after the browser's warning: it remembers the certificate for
    this host. The authorities that WebKitGTK trusts are the system's, and only root may add to them.
    """

    def to_capabilities(self) -> dict[str, Any]:
        capabilities: dict[str, Any] = super().to_capabilities()
        certificate = str(tls.folder() / "server.pem")
        capabilities[self.KEY]["certificates"] = [
            {"host": host, "certificateFile": certificate} for host in tls.NAMES
        ]
        return capabilities


def start(
    name: str,
    flags: Sequence[str] = (),
    size: tuple[int, int] | None = None,
    *,
    in_window: bool = False,
) -> WebDriver:
    """Start the engine and return its driver, whose `quit()` ends all of it.

    With `in_window` Chromium has a window, on a display of its own: without one it answers every
    question to its user itself.
    """
    engine = find(name)
    starter = {"chromium": _chromium, "firefox": _firefox, "webkit": _webkit}[name]
    service, options, driver_class = starter(engine, flags, size)
    if in_window:
        options.arguments.remove("--headless=new")
        service.supervisor_options = (*service.supervisor_options, "--xvfb")
    options.accept_insecure_certs = False  # selenium's default for Firefox is another

    # Selenium waits without limit for a session. Ending the supervisor ends that wait.
    watchdog = threading.Timer(START_LIMIT, lambda: service.process.terminate())
    watchdog.daemon = True
    watchdog.start()
    try:
        with warnings.catch_warnings():
            # Selenium's class for WebKitGTK calls selenium in a way that selenium has deprecated.
            warnings.simplefilter("ignore", DeprecationWarning)
            driver: WebDriver = driver_class(options=options, service=service)
    finally:
        watchdog.cancel()
    limit_commands(driver, COMMAND_LIMIT)
    return driver


def limit_commands(driver: WebDriver, seconds: float) -> None:
    """Give up the wait for a WebDriver's answer after so long.

    The limits of the WebDriver itself don't serve: while a page blocks its thread, Chromium's driver
    waits for it without looking at them.
    """
    driver.command_executor.client_config.timeout = seconds  # type: ignore[union-attr]


def kill(driver: WebDriver) -> None:
    """End the engine without asking it, because it may not answer any more."""
    driver.service.stop()  # type: ignore[attr-defined]
    driver.command_executor.close()  # type: ignore[union-attr]


def desktop(name: str, width: int, height: int) -> WebDriver:
    """Start the engine with a window whose page is `width` by `height` CSS pixels, for screenshots."""
    driver = start(name, size=(width, height))
    # The size that was asked for is the window's in some engines and the page's in others.
    inner = driver.execute_script("return [innerWidth, innerHeight]")
    outer = driver.get_window_size()
    driver.set_window_size(
        outer["width"] + width - inner[0],
        outer["height"] + height - inner[1],
    )
    return driver


type _Parts = tuple[_Supervised, Any, Any]


def _chromium(engine: Engine, flags: Sequence[str], size: tuple[int, int] | None) -> _Parts:
    options = ChromeOptions()
    options.binary_location = str(engine.browser)
    options.add_argument("--headless=new")
    if os.geteuid() == 0:
        # Chromium refuses to run as root with its sandbox.
        options.add_argument("--no-sandbox")
    if size:
        options.add_argument(f"--window-size={size[0]},{size[1]}")
    # Chromium's driver switches off what browsers do to the timers of pages that are hidden.
    options.add_experimental_option("excludeSwitches", ["disable-background-timer-throttling"])
    for flag in (*CHROMIUM_FLAGS, *flags):
        options.add_argument(flag)
    service = _service(_ChromeService, engine)
    service.supervisor_options = ("--nss", str(trust.database()))
    return service, options, webdriver.Chrome


def _firefox(engine: Engine, flags: Sequence[str], size: tuple[int, int] | None) -> _Parts:
    options = _FirefoxOptions()
    options.binary_location = str(engine.browser)
    options.add_argument("--headless")
    if size:
        options.add_argument(f"--width={size[0]}")
        options.add_argument(f"--height={size[1]}")
    for flag in flags:
        options.add_argument(flag)
    return _service(_FirefoxService, engine), options, webdriver.Firefox


def _webkit(engine: Engine, flags: Sequence[str], size: tuple[int, int] | None) -> _Parts:
    options = _WebKitGTKOptions()
    options.binary_location = str(engine.browser)
    options.add_argument("--automation")
    if size:
        options.add_argument(f"--geometry={size[0]}x{size[1]}")
    for flag in flags:
        options.add_argument(flag)
    return _service(_WebKitGTKService, engine), options, webdriver.WebKitGTK
