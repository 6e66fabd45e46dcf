"""`diagnose()` and the local network, on pages over `https:` and from elsewhere."""

import ssl
from collections.abc import Iterator
from typing import Any

import pytest
from selenium.webdriver.remote.webdriver import WebDriver

from tests.server import ThreadedServer, tls

from . import bundle, drivers, webserver
from .cells import DISTRIBUTIONS, PageSpec, pyodide_versions
from .pages import PagePool
from .plugin import SELECTION
from .runners import BOOT_LIMIT, ChromiumRunner, FirefoxRunner, WebKitRunner, _HarnessPage

HEADERS = {"Content-Security-Policy": "treat-as-public-address; connect-src 'self' ws: wss:"}
"""The policy of the page: Chromium takes it for one from the internet, and WebSockets may go anywhere,
but HTTP requests may not. In WebKit, as in the standard, what allows `wss:` allows `https:`, too.
"""

DIAGNOSE = """
from websocketstream import diagnose

found = await diagnose({url!r}, timeout={timeout})
found.cause and [found.cause.check, found.cause.words]
"""

CONNECT = """
from websocketstream import HandshakeError, WebSocketStream

try:
    async with WebSocketStream({url!r}, backend={backend!r}, open_timeout=0.5) as ws:
        error = None
except HandshakeError as failure:
    error = str(failure)
error
"""

START = """
import __main__
from websocketstream import WebSocketStream

__main__.stream = WebSocketStream({url!r}, backend={backend!r}, open_timeout=0.5)
"""

STILL_CONNECTING = """
import __main__, asyncio

await asyncio.sleep(1.5)
not __main__.stream.opened.settled
"""

FAILURE = """
import __main__

try:
    await __main__.stream.opened
except Exception as failure:
    error = str(failure)
error
"""

SUPPORT = "from websocketstream import support\n[support().loopback_network, support().local_network]"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    pages = metafunc.config.stash[SELECTION].pages()
    in_chromium = metafunc.function is test_local_network
    chosen = [
        page
        for page in pages
        if (page.thread, page.pyodide) == ("main", pyodide_versions()[0])
        and (page.engine == "chromium") == in_chromium
    ]
    metafunc.parametrize("spec", chosen, ids=[page.id for page in chosen])


class SecurePage(_HarnessPage):
    """A page that has come over `https:`."""

    host = "127.0.0.1"

    def prepare_driver(self) -> None:
        self.goto(f"https://{self.host}:{self.server_port}/harness/main.html")


class SecureFirefox(SecurePage, FirefoxRunner):
    pass


class SecureWebKit(SecurePage, WebKitRunner):
    pass


class PublicPage(SecurePage, ChromiumRunner):
    """A page of Chromium that comes from the internet, as far as the browser can see, in a window."""

    host = "page.test"

    def get_driver(self, jspi: bool = False) -> WebDriver:
        flags = [f"--host-resolver-rules=MAP {self.host} 127.0.0.1"]
        return drivers.start("chromium", flags, in_window=True)

    def forget_answer(self) -> None:
        """Have the browser ask its user again."""
        self.driver.execute_cdp_cmd("Browser.resetPermissions", {})

    def answer(self, state: str) -> None:
        """Set the permission, which its user would do."""
        for name in ("loopback-network", "local-network"):
            command = {"permission": {"name": name}, "setting": state}
            self.driver.execute_cdp_cmd("Browser.setPermission", command)


@pytest.fixture
def secure(spec: PageSpec, page_pool: PagePool) -> Iterator[Any]:
    """A page of the engine in a browser of its own."""
    page_pool.release()  # one browser at a time
    kind = {"chromium": PublicPage, "firefox": SecureFirefox, "webkit": SecureWebKit}[spec.engine]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if kind is PublicPage:
        tls.authority().issue_cert(kind.host).configure_cert(context)
    else:
        context = tls.server_context()
    folder = DISTRIBUTIONS / spec.pyodide
    with webserver.serve(folder, bundle.make, headers=HEADERS, tls=context) as port:
        page = kind(spec, port)
        try:
            page.call("python", BOOT_LIMIT, code="None")
            yield page
        finally:
            page.kill()


def assert_mixed_content_is_named(page: SecurePage, server: ThreadedServer) -> None:
    """An `https:` page may not connect to `ws:`, but to this computer it may in most engines."""
    check, words = page.run_async(DIAGNOSE.format(url="ws://example.com/", timeout=3))
    assert check == "mixed content", words
    found = page.run_async(DIAGNOSE.format(url=f"{server.url}/echo", timeout=3))
    if isinstance(page, SecureWebKit):
        assert found[0] == "mixed content"
        assert "not even to this computer" in found[1]
    else:
        assert found is None
    secure = server.urls["wss"]["server"]
    assert page.run_async(DIAGNOSE.format(url=f"{secure}/echo", timeout=9)) is None
    check, words = page.run_async(DIAGNOSE.format(url=f"{secure}/refuse?status=403", timeout=9))
    assert check == "connection", words


def test_mixed_content(spec: PageSpec, secure: SecurePage, ws_server: ThreadedServer) -> None:
    """What a page that has come over `https:` may not do is named."""
    assert_mixed_content_is_named(secure, ws_server)


def test_local_network(spec: PageSpec, secure: PublicPage, ws_server: ThreadedServer) -> None:
    """While Chromium asks its user, time does not count; what the user has answered is named."""
    url = f"{ws_server.url}/echo"
    assert secure.run_async(SUPPORT) == ["prompt", "prompt"]
    for cell in spec.cells:
        arguments: dict[str, Any] = {"url": url, "backend": cell.backend}
        secure.forget_answer()
        secure.run_async(START.format(**arguments))
        assert secure.run_async(STILL_CONNECTING), "open_timeout has run while the browser was asking"
        check, words = secure.run_async(DIAGNOSE.format(url=url, timeout=2))
        assert check == "local network"
        assert "asking its user" in words

        secure.answer("denied")
        assert "open_timeout=0.5 s" in secure.run_async(FAILURE)
        denied = secure.run_async(CONNECT.format(**arguments))
        assert "the browser denies this page the permission 'loopback-network'" in denied
        check, words = secure.run_async(DIAGNOSE.format(url=url, timeout=2))
        assert (check, "'denied'" in words) == ("local network", True)
        assert secure.run_async(SUPPORT) == ["denied", "denied"]

        secure.answer("granted")
        assert secure.run_async(CONNECT.format(**arguments)) is None
        assert secure.run_async(DIAGNOSE.format(url=url, timeout=9)) is None
    assert_mixed_content_is_named(secure, ws_server)
