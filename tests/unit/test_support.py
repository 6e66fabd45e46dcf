"""What the environment offers is found out at the call, and picks the back end."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace

import pytest

import websocketstream
from websocketstream import NotSupportedError, WebSocketStream
from websocketstream._core.options import BackendName
from websocketstream.support import (
    NATIVE_DEFECTS,
    NativeDefect,
    in_browser,
    require_browser,
    select_backend,
    support,
)

MODULE = sys.modules["websocketstream.support"]

CHROMIUM = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"

DOOR = ("parse_url", "call_later", "js_buffer_to_bytes", "watch_abort", "watch_online", "abort_reason")
"""The functions that the back ends take from the door to JavaScript when they are imported."""


@dataclass
class Browser:
    """What stands in for the door to JavaScript."""

    websocket: bool = True
    native: bool = False
    agent: str = FIREFOX
    worker: bool = False
    jspi: bool = True

    def module(self) -> ModuleType:
        module = ModuleType("websocketstream._ffi")
        there = {
            "WebSocket": self.websocket,
            "WebSocketStream": self.native,
            "WorkerGlobalScope": self.worker,
        }
        answers: dict[str, Callable[..., object]] = {
            "has": there.__getitem__,
            "user_agent": lambda: self.agent,
            "can_suspend": lambda: self.jspi,
            "pyodide_version": lambda: "314.0.7",
            "JsPermission": lambda name: SimpleNamespace(state=f"state of {name}", answered=name),
            "run_sync": lambda awaitable: None,
        }
        vars(module).update(answers)
        for name in DOOR:
            setattr(module, name, None)
        return module


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Browser], None]]:
    """A function that makes the package believe to be in a browser."""

    def enter(browser: Browser) -> None:
        module = browser.module()
        monkeypatch.setattr(MODULE, "in_browser", lambda: True)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setattr(websocketstream, "_ffi", module, raising=False)

    before = set(sys.modules)
    yield enter
    for name in set(sys.modules) - before:
        if name.startswith("websocketstream."):
            del sys.modules[name]  # the back ends, which hold on to the door


@pytest.fixture
def no_websockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """An interpreter without the `websockets` library."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)


def test_outside() -> None:
    """Outside a browser there is the back end over the `websockets` library."""
    assert not in_browser()
    found = support()
    assert not (found.websocket or found.native or found.worker or found.jspi)
    assert (found.auto, found.safe, found.pyodide) == ("cpython", "cpython", None)
    assert found.native_defects == ()
    assert found.receive_backpressure
    assert "Python" in found.runtime
    names: list[BackendName] = ["auto", "safe", "cpython"]
    for name in names:
        assert select_backend(name).name == "cpython"


@pytest.mark.usefixtures("no_websockets")
def test_outside_without_the_library() -> None:
    """Without the library there is nothing, and the error says how to install it."""
    found = support()
    assert found.auto is found.safe is None
    assert not found.receive_backpressure
    with pytest.raises(NotSupportedError, match=r"pip install 'websocketstream\[cpython\]'"):
        WebSocketStream("wss://example.com/")


def test_require_browser() -> None:
    """What needs a browser says so, and what this is instead."""
    with pytest.raises(NotSupportedError, match=f"flying needs a browser: .* on {sys.platform}"):
        require_browser("flying")


@pytest.mark.parametrize("name", ["native", "polyfill"])
def test_select_outside(name: BackendName) -> None:
    """The back ends of browsers are refused outside of one."""
    with pytest.raises(NotSupportedError, match=f"backend='{name}' needs a browser: this is"):
        select_backend(name)


def test_select_unknown() -> None:
    """A name that does not exist is a ValueError that lists those that do."""
    with pytest.raises(ValueError, match="'polyfill', 'cpython', not 'fast'"):
        select_backend("fast")  # type: ignore[arg-type]


def test_chromium(visit: Callable[[Browser], None]) -> None:
    """In Chromium "auto" is native; "safe" is not, as long as there are defects."""
    visit(Browser(native=True, agent=CHROMIUM))
    found = support()
    assert (found.websocket, found.native) == (True, True)
    assert (found.auto, found.safe) == ("native", "polyfill")
    assert found.native_defects == tuple(defect.name for defect in NATIVE_DEFECTS)
    assert found.receive_backpressure
    assert (found.runtime, found.pyodide) == (CHROMIUM, "314.0.7")
    assert found.loopback_network == "state of loopback-network"
    assert found.local_network == "state of local-network"
    names: list[BackendName] = ["auto", "safe", "native", "polyfill"]
    chosen = [select_backend(name).name for name in names]
    assert chosen == ["native", "polyfill", "native", "polyfill"]


def test_repaired_chromium(visit: Callable[[Browser], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """When every defect has been fixed in this version, "safe" is native too."""
    visit(Browser(native=True, agent=CHROMIUM))
    defect = NativeDefect("hunger", "it eats messages", "nothing is lost", fixed_in=156)
    monkeypatch.setattr(MODULE, "NATIVE_DEFECTS", (defect,))
    assert support().native_defects == ()
    assert support().safe == "native"
    assert select_backend("safe").name == "native"


def test_firefox(visit: Callable[[Browser], None]) -> None:
    """Where there is no native one, "auto" and "safe" are the polyfill."""
    visit(Browser(worker=True, jspi=False))
    found = support()
    assert (found.auto, found.safe) == ("polyfill", "polyfill")
    assert found.native_defects == ()
    assert not found.receive_backpressure
    assert (found.worker, found.jspi) == (True, False)
    assert found.loopback_network is found.local_network is None, "the answer can't be waited for"
    assert select_backend("auto").name == select_backend("safe").name == "polyfill"
    with pytest.raises(NotSupportedError, match="has no WebSocketStream: use backend='auto'"):
        select_backend("native")


def test_nothing(visit: Callable[[Browser], None]) -> None:
    """Where there is no WebSocket at all, every name is refused with what is missing."""
    visit(Browser(websocket=False, agent="an unknown runtime"))
    assert support().auto is support().safe is None
    names: list[BackendName] = ["auto", "safe", "polyfill"]
    for name in names:
        with pytest.raises(NotSupportedError, match="an unknown runtime has no WebSocket"):
            select_backend(name)


def test_no_sockets(visit: Callable[[Browser], None]) -> None:
    """The back end for CPython is refused in a browser, with one that is there."""
    visit(Browser())
    with pytest.raises(NotSupportedError, match="has no sockets: use backend='auto'"):
        select_backend("cpython")


def test_unknown_browser(visit: Callable[[Browser], None]) -> None:
    """A native WebSocketStream of a browser that is not known counts as affected by every defect."""
    visit(Browser(native=True, agent="Netscape Navigator"))
    assert len(support().native_defects) == len(NATIVE_DEFECTS)


@pytest.mark.parametrize(
    ("since", "fixed_in", "version", "affected"),
    [
        (124, None, 156, True),
        (124, 150, 149, True),
        (124, 150, 150, False),
        (124, 150, 123, False),
        (124, 150, None, True),
    ],
)
def test_defect(since: int, fixed_in: int | None, version: int | None, affected: bool) -> None:
    """A defect affects the versions from the first that has it to the last before it was fixed."""
    defect = NativeDefect("hunger", "", "", since, fixed_in)
    assert defect.affects(version) == affected


def test_defects_are_described() -> None:
    """Each defect has a name of its own and says what it is, what it breaks and what shows it."""
    assert len({defect.name for defect in NATIVE_DEFECTS}) == len(NATIVE_DEFECTS)
    for defect in NATIVE_DEFECTS:
        assert all(defect[:3]) and defect.page


def test_what_is_no_back_end_is_refused() -> None:
    """Neither a name nor an object that can connect: a TypeError that says so."""
    with pytest.raises(TypeError, match="backend must be a name or a back end, not NoneType"):
        WebSocketStream("wss://example.com/", backend=None)  # type: ignore[arg-type]
