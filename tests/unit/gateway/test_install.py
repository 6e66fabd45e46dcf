"""`install()` and `uninstall()`: what they check, set and put back."""

import asyncio
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.worlds.gateway import PageLoop, PolicyWatch, browser
from websocketstream import gateway, install, uninstall
from websocketstream.gateway.headers import dropped


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """What stands for the browser."""
    module: Any = browser()
    monkeypatch.setitem(sys.modules, "websocketstream._ffi", module)
    monkeypatch.setattr(gateway, "in_browser", lambda: True)
    yield module
    uninstall()


def installed() -> bool:
    return "create_connection" in vars(PageLoop)


def options() -> Any:
    assert gateway._patch is not None
    return gateway._patch.options


def test_outside_a_browser() -> None:
    """Outside a browser nothing is changed, so that one program runs on both."""
    before = asyncio.SelectorEventLoop.create_connection
    install()
    assert gateway._patch is None and not installed()
    assert asyncio.SelectorEventLoop.create_connection is before
    uninstall()


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"backend": "fast"}, ValueError),
        ({"headers_to": {"Authorization": "token"}}, TypeError),
        ({"idle_timeout": -1}, ValueError),
        ({"idle_timeout": "1"}, TypeError),
        ({"high_water_mark": 0}, ValueError),
        ({"overflow": "drop"}, ValueError),
    ],
)
def test_options_that_make_no_sense(given: dict[str, Any], error: type[Exception]) -> None:
    """Options are checked in the same way everywhere, in a browser or not."""
    with pytest.raises(error, match=next(iter(given))):
        install(**given)


def test_options(page: Any) -> None:
    """Options reach the connections that are made from then on."""
    hook = dropped("Origin")
    install(headers_to=hook, fetch=False, probe=False, idle_timeout=5, high_water_mark=7, backend="auto")
    given = options()
    assert (given.headers_to, given.fetch, given.probe) == (hook, None, None)
    assert (given.idle_timeout, given.high_water_mark, given.backend) == (5, 7, "auto")
    assert given.call_later is page.call_later
    assert isinstance(given.forbidden_by.__self__, PolicyWatch)


def test_installing_again(page: Any) -> None:
    """Installing again sets the options; without any it leaves them as they are."""
    install(idle_timeout=5)
    method = PageLoop.create_connection
    watch = options().forbidden_by
    install()
    assert options().idle_timeout == 5
    install(overflow="error")
    assert (options().idle_timeout, options().overflow) == (None, "error")
    assert (options().fetch, options().probe) == (page.JsFetch, page.probe)
    assert options().forbidden_by == watch
    assert PageLoop.create_connection is method


def test_uninstalling(page: Any) -> None:
    """Uninstalling puts everything back, and installing works again."""
    finders = list(sys.meta_path)
    closed: list[bool] = []
    page.JsPolicyWatch = type("Watch", (PolicyWatch,), {"close": lambda self: closed.append(True)})
    for _ in range(2):
        install()
        assert installed()
        uninstall()
        uninstall()
        assert not installed()
        assert sys.meta_path == finders
    assert closed == [True, True]
