"""Crashes of Chromium's tab when a connection fails: with its own API alone, and through the package.

The defect is `failed_write_crash` of docs/backends.md. No page can rule it out: not while it sends
without pause, nor in the instant between the failure and the news of it. The package has to make the
latter rare.
"""

import pytest
from selenium.common.exceptions import WebDriverException

from tests.browser import drivers
from tests.scenarios.stress.faults import (
    FAULTS,
    RACES_NATIVE,
    Way,
    while_answering,
    while_sending,
    with_a_burst,
)
from tests.server import ThreadedServer

from .conftest import Runner

ROUNDS = 10

RAW: dict[Way, str] = {
    while_sending: """
        for (let sent = 0; sent < 16 << 20; sent += 20000) {
            await writer.write(new Uint8Array(20000));
        }""",
    while_answering: """
        let message = "0".padEnd(100);
        for (;;) {
            writer.write(message).catch(() => {});
            const { done, value } = await reader.read();
            if (done) break;
            message = value;
        }""",
    with_a_burst: """
        for (let number = 0; number < 50; number++) {
            writer.write(new Uint8Array(1000)).catch(() => {});
        }
        await stream.closed;""",
}
"""The faults' functions, written for the browser's own API."""

SCRIPT = """
    const [url, done] = arguments;
    let opened = false;
    (async () => {
        const stream = new WebSocketStream(url);
        stream.closed.catch(() => {});
        const { readable, writable } = await stream.opened;
        opened = true;
        const writer = writable.getWriter();
        const reader = readable.getReader();
        reader.closed.catch(() => {});
        writer.closed.catch(() => {});
        %s
    })().catch(() => {}).then(() => setTimeout(() => done(opened), 100));
"""

PATHS: dict[Way, str] = {while_sending: "/sink", while_answering: "/echo", with_a_burst: "/sink"}

COUNTED = [name for name, fault in FAULTS.items() if fault.way in RAW and "vanish" not in fault.spec]


def test_crashes_are_fewer_than_without_the_package(run: Runner, long: bool) -> None:
    """The package crashes the tab less often than the browser's own API does."""
    if run.cell.backend != "native":
        pytest.skip("a defect of the browser's own WebSocketStream")
    if not long:
        pytest.skip("counted in the long form only")
    raw = {name: raw_crashes(name, run.server) for name in COUNTED}
    ours = {name: our_crashes(name, run) for name in COUNTED}
    for name in COUNTED:
        shown = {f"{name}: raw API": raw[name], f"{name}: through the package": ours[name]}
        run.report(f"Tabs crashed, of {ROUNDS}", shown)
    # Who sends without pause crashes it nearly each time, either way.
    seldom = [name for name in COUNTED if name in RACES_NATIVE]
    assert sum(ours[name] for name in seldom) < sum(raw[name] for name in seldom)


def our_crashes(name: str, run: Runner) -> int:
    """Repeat the fault; return how often the tab crashed."""
    return sum(run.unless_crashed("live_through", faults=[name]) is None for _ in range(ROUNDS))


def raw_crashes(name: str, server: ThreadedServer) -> int:
    """Repeat the fault with the browser's own API, on a page without Python."""
    fault = FAULTS[name]
    url = f"{server.proxy_url}/~{fault.spec}{PATHS[fault.way]}?compress=0"
    return sum(raw_crash(server, url, RAW[fault.way]) for _ in range(ROUNDS))


def raw_crash(server: ThreadedServer, url: str, body: str) -> bool:
    driver = drivers.start("chromium")
    try:
        driver.set_script_timeout(30)
        # Any page of this machine's: about:blank may not connect to it.
        driver.get(server.url.replace("ws:", "http:"))
        assert driver.execute_async_script(SCRIPT % body, url), "the page could not connect"
    except WebDriverException as error:
        if "tab crashed" not in str(error):
            raise
        return True
    finally:
        drivers.kill(driver)
    return False
