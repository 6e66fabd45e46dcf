"""The connect panel: one connection, to a URL that the visitor chooses."""

import asyncio
import re
import time
from collections.abc import Callable
from typing import Any

from websocketstream import DOMSyntaxError, InvalidAccessError, WebSocketStream

from . import words
from .backend import BackendSwitch
from .dom import Segments, element, on, set_text, spawn
from .log import Log

TURN_SECONDS = 0.01
"""Seconds of receiving before the page gets a turn."""

STATES = {
    "closed": "Closed",
    "connecting": "Connecting",
    "open": "Open",
    "closing": "Closing",
    "failed": "Failed",
}


class ConnectPanel:
    """The fields and buttons of the panel, and their connection."""

    def __init__(self, server: str | None, switch: BackendSwitch) -> None:
        self._server = server
        self._switch = switch
        self._log = Log()
        self._stream: WebSocketStream | None = None
        self._connect_next = False
        self._url = element("url")
        self._message = element("message")
        self._kind = Segments("kind", self._kind_changed)
        if server is None:
            element("tries").hidden = True
        else:
            self._url.value = f"{server}/echo"
        self._show_code()
        on(self._url, "input", lambda event: self._show_code())
        on(element("tries"), "click", self._try)
        on(element("connect-form"), "submit", _quietly(self._connect_or_close))
        on(element("send-form"), "submit", _quietly(self._send))
        # Firefox remembers over a reload which controls were disabled.
        element("send-button").disabled = True
        element("connect").disabled = False

    # Connecting and closing

    def _connect_or_close(self) -> None:
        if self._stream is None:
            self._connect()
        else:
            self._close(self._stream)

    def _connect(self) -> None:
        self._connect_next = False
        _complain("url", "")
        names = [name.strip() for name in element("protocols").value.split(",")]
        url = self._url.value.strip()
        try:
            if not url:
                raise DOMSyntaxError("enter a URL, such as wss://example.com/feed")
            stream = WebSocketStream(
                url, protocols=[name for name in names if name], backend=self._switch.value
            )
        except Exception as error:
            _complain("url", words.failure(error))
            return
        spawn(self._live(stream, self._switch.chosen))

    def _close(self, stream: WebSocketStream) -> None:
        _complain("url", "")
        code = element("close-code").value.strip()
        try:
            stream.close(int(code) if code else None, element("close-reason").value)
        except (InvalidAccessError, DOMSyntaxError) as error:
            _complain("url", words.failure(error))
        except ValueError:
            _complain("url", f"The close code must be a number, not “{code}”.")
        else:
            self._show("closing", "Waiting for the server’s Close frame.")

    async def _live(self, stream: WebSocketStream, backend: str | None) -> None:
        """Show one connection from the beginning to the end."""
        self._stream = stream
        self._log.event(f"Connecting to {stream.url} ({backend})")
        self._show("connecting", stream.url)
        begun = time.monotonic()
        try:
            await stream.opened
            took = 1000 * (time.monotonic() - begun)
            agreed = [f"On the {backend} back end, after {took:.0f} ms"]
            agreed += [f"subprotocol {stream.protocol}"] if stream.protocol else []
            agreed += [stream.extensions.partition(";")[0]] if stream.extensions else []
            self._log.event("Open")
            self._show("open", ", ".join(agreed) + ".")
            element("send-button").disabled = False
            await self._receive(stream)
            info = await stream.closed
        except Exception as error:
            text = words.failure(error)
            self._log.event(f"{words.error_name(error)}: {text}", bad=True)
            self._show("failed", text + _code_of(error))
        else:
            ending = words.closing(info.close_code, info.reason)
            self._log.event(f"Closed {ending}")
            self._show("closed", f"Closed cleanly, {ending}.")
        finally:
            self._stream = None
            element("send-button").disabled = True
            self._show_button()
        if self._connect_next:
            self._connect()

    async def _receive(self, stream: WebSocketStream) -> None:
        turn = time.monotonic()
        async for message in stream:
            self._log.received(message)
            if time.monotonic() - turn > TURN_SECONDS:
                await asyncio.sleep(0)
                turn = time.monotonic()

    # Sending

    def _send(self) -> None:
        if self._stream is None:
            return
        _complain("message", "")
        text = self._message.value
        try:
            message = _from_hex(text) if self._kind.value == "binary" else text
            self._stream.send(message)
        except Exception as error:
            _complain("message", words.failure(error))
        else:
            self._log.sent(message)
            self._message.select()

    def _kind_changed(self, kind: str) -> None:
        """Convert the message to hexadecimal digits or back, if that is possible."""
        _complain("message", "")
        text = self._message.value
        binary = kind == "binary"
        set_text(element("message-label"), "Bytes, in hex" if binary else "Message")
        self._message.classList.toggle("hex", binary)
        if binary:
            self._message.value = text.encode().hex(" ")
        else:
            try:
                self._message.value = _from_hex(text).decode()
            except ValueError:
                self._message.value = ""

    # What is shown

    def _try(self, event: Any) -> None:
        path = event.target.getAttribute("data-path")
        if path:
            self._url.value = f"{self._server}{path}"
            self._show_code()
            if self._stream is None:
                self._connect()
            else:
                self._connect_next = True
                self._close(self._stream)

    def _show(self, state: str, outcome: str) -> None:
        pill = element("state")
        set_text(pill, STATES[state])
        pill.setAttribute("data-state", state)
        set_text(element("outcome"), outcome)
        self._show_button()

    def _show_button(self) -> None:
        busy = self._stream is not None
        button = element("connect-button")
        set_text(button, "Disconnect" if busy else "Connect")
        button.classList.toggle("stop", busy)

    def _show_code(self) -> None:
        url = self._url.value.strip() or self._url.placeholder
        set_text(element("code-url"), f'"{url}"')


def _complain(field: str, text: str) -> None:
    """Show the error of a field, or clear it."""
    set_text(element(f"{field}-error"), text)
    element(field).setAttribute("aria-invalid", "true" if text else "false")


def _from_hex(text: str) -> bytes:
    digits = re.sub(r"[\s,:]|0x", "", text)
    try:
        return bytes.fromhex(digits)
    except ValueError:
        raise ValueError("enter bytes as pairs of hexadecimal digits, such as 48 65 6c 6c 6f") from None


def _code_of(error: Exception) -> str:
    code = getattr(error, "close_code", None)
    return "" if code is None else f" (code {code})"


def _quietly(action: Callable[[], object]) -> Callable[[Any], None]:
    """Return a handler for a form that is not sent to a server."""

    def submit(event: Any) -> None:
        event.preventDefault()
        action()

    return submit
