"""Waiting without `await`, where Python can be suspended and where it can't."""

import asyncio
import sys
import types
from typing import Any

import pytest

from websocketstream import NotSupportedError, sync


@pytest.fixture
def ffi(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A browser's `_ffi`, whose functions the test sets."""
    module = types.ModuleType("websocketstream._ffi")
    monkeypatch.setitem(sys.modules, "websocketstream._ffi", module)
    monkeypatch.setattr(sync, "in_browser", lambda: True)
    return module


@pytest.mark.parametrize(
    ("jspi", "expected"), [(False, "it has no JSPI"), (True, "JavaScript has called it")]
)
def test_where_python_can_not_be_suspended(ffi: Any, jspi: bool, expected: str) -> None:
    """The error says whether it is the browser or the caller, and what to use instead."""
    ffi.can_suspend = lambda: False
    ffi.has_jspi = lambda: jspi
    with pytest.raises(NotSupportedError, match=expected) as raised:
        sync.wait(asyncio.sleep, 0)
    assert "with await" in str(raised.value)


def test_suspension(ffi: Any) -> None:
    """Where Python can be suspended, Pyodide does the waiting, and results and exceptions come back."""
    ffi.can_suspend = lambda: True
    ffi.run_sync = asyncio.run
    assert sync.wait(asyncio.sleep, 0, "slept") == "slept"

    async def fail() -> None:
        raise LookupError("not there")

    with pytest.raises(LookupError, match="not there"):
        sync.wait(fail)
