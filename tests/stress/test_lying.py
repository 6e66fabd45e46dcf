"""Classic WebSockets that lack members, raise, or fire the wrong events: the connection ends."""

import pytest

from .conftest import Runner


def test_lying_web_sockets(run: Runner) -> None:
    """Whatever a WebSocket does, everything that is awaited ends in time, and nothing leaks."""
    if run.cell.backend == "native":
        pytest.skip("the browser's own WebSocketStream is used here, and no classic WebSocket")
    assert run("lying_web_sockets", deaf=True)["refused"] == []
    figures = run("lying_web_sockets", deaf=False)
    # Without these the constructor itself raises: nothing could be received, or sent.
    assert figures["refused"] == [
        "addEventListener is missing",
        "addEventListener raises",
        "binaryType raises",
        "calling addEventListener raises",
        "send is missing",
        "send raises",
    ]
