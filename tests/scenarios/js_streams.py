"""The readable side, and both, as JavaScript's own streams, on either back end."""

from __future__ import annotations

import gzip
from typing import Any

from websocketstream import NotSupportedError

from .backpressure import CLASSIC, stands_still
from .env import Env
from .payload import check, message
from .registry import scenario
from .steps import Message, failure, outcome, refusal, settled

BROWSER = "JavaScript streams need a browser"


def _python(js_value: Any) -> Message:
    """Return a message as JavaScript has it, in Python."""
    if isinstance(js_value, str):
        return js_value
    import js

    assert js_value.constructor == js.Uint8Array, f"binary came as {js_value}"
    data: bytes = js_value.to_bytes()
    return data


async def _read_all(js_stream: Any) -> list[Message]:
    js_reader = js_stream.getReader()
    messages: list[Message] = []
    while not (js_result := await js_reader.read()).done:
        messages.append(_python(js_result.value))
    return messages


@scenario()
async def to_js_needs_a_browser(env: Env) -> None:
    """Outside a browser to_js() is a NotSupportedError, and locks nothing."""
    env.require(env.kind != "browser", "this is a browser")
    async with env.stream("/echo") as opened:
        refusal(NotSupportedError, opened.readable.to_js)
        refusal(NotSupportedError, opened.writable.to_js)
        assert not opened.readable.locked
        assert not opened.writable.locked


@scenario()
async def readable_as_javascript_stream_gives_every_message(env: Env) -> None:
    """readable.to_js() is a real ReadableStream: strings and Uint8Arrays, then the end."""
    env.require(env.kind == "browser", BROWSER)
    import js

    stream = env.stream("/send?count=40&kind=mixed")
    opened = await stream.opened
    js_stream = opened.readable.to_js()
    assert js.Object.getPrototypeOf(js_stream) == js.ReadableStream.prototype
    assert opened.readable.locked
    refusal(TypeError, opened.readable.to_js)
    refusal(TypeError, opened.readable.get_reader)
    check(await _read_all(js_stream), 40, 10, "mixed")
    assert await stream.closed == (1000, "")


@scenario()
async def response_takes_the_readable(env: Env) -> None:
    """A JavaScript Response reads the stream to its end."""
    env.require(env.kind == "browser", BROWSER)
    import js

    stream = env.stream("/send?count=50&size=1000&kind=binary")
    js_response = js.Response.new((await stream.opened).readable.to_js())
    body = (await js_response.arrayBuffer()).to_bytes()
    assert body == b"".join(bytes(message(index, 1000, "binary")) for index in range(50))  # type: ignore[arg-type]
    await stream.closed


@scenario()
async def compression_stream_takes_the_readable(env: Env) -> None:
    """pipeThrough(CompressionStream) compresses what the server sends."""
    env.require(env.kind == "browser", BROWSER)
    import js

    env.require(hasattr(js, "CompressionStream"), "this engine has no CompressionStream")
    stream = env.stream("/send?count=20&size=500&kind=binary")
    js_readable = (await stream.opened).readable.to_js()
    js_compressed = js_readable.pipeThrough(js.CompressionStream.new("gzip"))
    body = (await js.Response.new(js_compressed).arrayBuffer()).to_bytes()
    assert gzip.decompress(body) == b"".join(
        bytes(message(index, 500, "binary"))  # type: ignore[arg-type]
        for index in range(20)
    )
    await stream.closed


@scenario()
async def decompression_stream_takes_the_readable(env: Env) -> None:
    """pipeThrough(DecompressionStream) decompresses what the server sends, as it comes."""
    env.require(env.kind == "browser", BROWSER)
    import js

    env.require(hasattr(js, "DecompressionStream"), "this engine has no DecompressionStream")
    stream = env.stream("/echo")
    opened = await stream.opened
    data = bytes(range(256)) * 100
    js_reader = opened.readable.to_js().pipeThrough(js.DecompressionStream.new("gzip")).getReader()
    writer = opened.writable.get_writer()
    await writer.write(gzip.compress(data))
    got = b""
    while len(got) < len(data):
        got += (await js_reader.read()).value.to_bytes()
    assert got == data
    await js_reader.cancel()
    assert await stream.closed == (1005, "")


@scenario()
async def javascript_cancel_closes(env: Env) -> None:
    """Cancelling the JavaScript stream closes the connection without a code, whatever the reason."""
    env.require(env.kind == "browser", BROWSER)
    import js

    js_look_alike = js.DOMException.new("no", "DataCloneError")
    js_look_alike.closeCode = 3456
    js_look_alike.reason = "should be ignored"
    for js_reason in ("enough", 3456, None, js_look_alike, js.Error.new("why")):
        stream = env.stream("/echo")
        js_stream = (await stream.opened).readable.to_js()
        await js_stream.cancel(js_reason)
        assert await stream.closed == (1005, "")


@scenario()
async def javascript_websocket_error_gives_its_code(env: Env) -> None:
    """The browser's own WebSocketError as reason of a JavaScript cancel or abort gives its code."""
    env.require(env.kind == "browser", BROWSER)
    import js
    from pyodide.ffi import to_js

    env.require(hasattr(js, "WebSocketError"), "this engine has no WebSocketError")
    js_info = to_js({"closeCode": 3456, "reason": "set"}, dict_converter=js.Object.fromEntries)
    for side in ("readable", "writable"):
        stream = env.stream("/echo")
        opened = await stream.opened
        js_error = js.WebSocketError.new("", js_info)
        if side == "readable":
            await opened.readable.to_js().cancel(js_error)
        else:
            await opened.writable.to_js().abort(js_error)
        assert await stream.closed == (3456, "set")


@scenario()
async def javascript_reader_gets_the_error(env: Env) -> None:
    """When the connection is lost the JavaScript stream fails, after the messages that came before."""
    env.require(env.kind == "browser", BROWSER)
    from pyodide.ffi import JsException

    stream = env.stream(settled("/reset?after=3"))
    js_reader = (await stream.opened).readable.to_js().getReader()
    messages = [_python((await js_reader.read()).value) for _ in range(3)]
    check(messages, 3, 10, "text")
    error: Any = await failure(JsException, js_reader.read())
    assert error.name == "WebSocketError"
    await failure(ConnectionError, stream.closed)


@scenario(timeout=30)
async def javascript_reader_holds_the_server_back(env: Env) -> None:
    """A JavaScript stream that nobody reads holds the server back, then everything arrives."""
    env.require(env.kind == "browser", BROWSER)
    env.require(env.receive_backpressure, CLASSIC)
    id = env.new_id()
    count, size = 384, 64 * 1024
    path = f"/send?count={count}&size={size}&kind=binary&close=0&compress=0&id={id}"
    stream = env.stream(path, high_water_mark=256 * 1024)
    js_reader = (await stream.opened).readable.to_js().getReader()
    drained = await stands_still(env, id)
    assert drained < count * size / 2, f"{drained} bytes have left the server"
    check([_python((await js_reader.read()).value) for _ in range(count)], count, size, "binary")
    await js_reader.cancel()
    await stream.closed


@scenario()
async def javascript_streams_that_nobody_uses_do_no_harm(env: Env) -> None:
    """JavaScript streams that are made and forgotten leave nothing behind when the connection ends."""
    env.require(env.kind == "browser", BROWSER)
    for path in ("/sink", "/close", settled("/reset")):
        stream = env.stream(path)
        opened = await stream.opened
        js_streams = opened.readable.to_js(), opened.writable.to_js()
        stream.close()
        await outcome(stream.closed)
        del js_streams
