"""Transports to test side by side: the gateway's, and asyncio's own over a socket."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.unit.bench import turn
from tests.unit.gateway.bench import Recorder
from websocketstream.gateway.transport import GatewayTransport

LOST, LOST_BY_ERROR = ("lost", type(None)), ("lost", ConnectionResetError)


class World:
    """A transport, the protocol at its near end, and what happens at its far end."""

    transport: asyncio.Transport
    protocol: Recorder

    def __init__(self) -> None:
        self.reported: list[dict[str, Any]] = []
        """What has reached the event loop's exception handler."""

    def send(self, data: bytes) -> None:
        """Send data to the protocol."""
        raise NotImplementedError

    def end(self) -> None:
        """End in order."""
        raise NotImplementedError

    def lose(self) -> None:
        """Lose the connection."""
        raise NotImplementedError

    def written(self) -> bytes:
        """Take what has come from the protocol."""
        raise NotImplementedError

    def aborted(self) -> bool:
        """Whether the connection has ended here as well, and not in order."""
        raise NotImplementedError


class FarEnd:
    """The gateway's far end, driven by hand."""

    def __init__(self) -> None:
        self.transport: GatewayTransport
        self.written = bytearray()
        self.buffered_amount = 0
        self.calls: list[str] = []
        self.marks: tuple[int, int] | None = None
        self.error: Exception | None = None
        self.holds_close = False

    def receive(self, data: bytes | bytearray | memoryview) -> None:
        if self.error is not None:
            raise self.error
        self.written += data

    def resume(self) -> None:
        self.calls.append("resume")

    def set_send_marks(self, high: int, low: int) -> None:
        self.marks = high, low

    def close(self) -> None:
        self.calls.append("close")
        if not self.holds_close:
            self.transport.force_close(None)

    def abort(self) -> None:
        self.calls.append("abort")


class Gateway(World):
    """The gateway's transport."""

    transport: GatewayTransport

    def __init__(self, protocol: Recorder) -> None:
        super().__init__()
        self.protocol = protocol
        self.far_end = FarEnd()
        self.transport = GatewayTransport(
            asyncio.get_running_loop(), protocol, self._attach, {"peername": ("example.com", 80)}
        )
        protocol.connection_made(self.transport)

    def _attach(self, transport: GatewayTransport) -> FarEnd:
        self.far_end.transport = transport
        return self.far_end

    def send(self, data: bytes) -> None:
        asyncio.get_running_loop().call_soon(self.transport.deliver, data)

    def end(self) -> None:
        asyncio.get_running_loop().call_soon(self.transport.end)

    def lose(self) -> None:
        asyncio.get_running_loop().call_soon(self.transport.end, ConnectionResetError())

    def written(self) -> bytes:
        data, self.far_end.written = bytes(self.far_end.written), bytearray()
        return data

    def aborted(self) -> bool:
        return self.far_end.calls[-1:] == ["abort"]


class Socket(World):
    """asyncio's own transport, over a pair of sockets."""

    def __init__(self, transport: asyncio.Transport, protocol: Recorder, far: socket.socket) -> None:
        super().__init__()
        self.transport, self.protocol, self._far = transport, protocol, far
        self._far.setblocking(False)

    def send(self, data: bytes) -> None:
        self._far.sendall(data)

    def end(self) -> None:
        self._far.shutdown(socket.SHUT_WR)

    def lose(self) -> None:
        # What was sent comes first; a socket's reset would take it away.
        def reset() -> None:
            self.transport._force_close(ConnectionResetError())  # type: ignore[attr-defined]

        asyncio.get_running_loop().call_later(0.01, reset)

    def written(self) -> bytes:
        try:
            return self._far.recv(1 << 20)
        except BlockingIOError:
            return b""

    def aborted(self) -> bool:
        try:
            return self._far.recv(1) == b""
        except ConnectionResetError:
            return True


@asynccontextmanager
async def opened(kind: str, protocol: Recorder) -> AsyncIterator[World]:
    loop = asyncio.get_running_loop()
    reported: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda loop, context: reported.append(context))
    world: World
    if kind == "gateway":
        world = Gateway(protocol)
        world.reported = reported
        yield world
    else:
        near, far = socket.socketpair()
        with far:
            transport, _ = await loop.create_connection(lambda: protocol, sock=near)
            world = Socket(transport, protocol, far)
            world.reported = reported
            yield world
            transport.abort()
            await turn(2)
