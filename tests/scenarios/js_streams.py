"""to_js(): the two sides as JavaScript streams, on either back end."""

from __future__ import annotations

import asyncio
import gzip
from typing import Any

from websocketstream import InvalidStateError, WebSocketError

from .env import Env
from .payload import check
from .registry import scenario
from .steps import failure, refusal

WHY = "JavaScript streams need a browser"


@scenario()
async def response_reads_a_readable(env: Env) -> None:
    """A Response over readable.to_js() reads all binary messages."""
    env.require(env.kind == "browser", WHY)
    from js import Response

    stream = env.stream("/send?count=100&size=1000&kind=binary")
    js_readable = (await stream.opened).readable.to_js()
    body = (await Response.new(js_readable).arrayBuffer()).to_bytes()
    check([body[at : at + 1000] for at in range(0, len(body), 1000)], 100, 1000, "binary")
    assert (await stream.closed).close_code == 1000


@scenario()
async def readable_pipes_through_a_transform(env: Env) -> None:
    """readable.to_js() can be piped through the browser's own transforms."""
    env.require(env.kind == "browser", WHY)
    from js import CompressionStream, Response

    stream = env.stream("/send?count=100&size=1000&kind=binary")
    js_readable = (await stream.opened).readable.to_js()
    js_packed = js_readable.pipeThrough(CompressionStream.new("gzip"))
    body = gzip.decompress((await Response.new(js_packed).arrayBuffer()).to_bytes())
    check([body[at : at + 1000] for at in range(0, len(body), 1000)], 100, 1000, "binary")


@scenario()
async def js_reader_gets_text_as_strings_and_the_end(env: Env) -> None:
    """A JavaScript reader gets text as strings, binary as Uint8Array, and the end."""
    env.require(env.kind == "browser", WHY)
    stream = env.stream("/send?count=4&size=8&kind=mixed")
    readable = (await stream.opened).readable
    js_reader = readable.to_js().getReader()
    assert readable.locked
    refusal(TypeError, readable.get_reader)
    received: list[Any] = []
    while not (result := await js_reader.read()).done:
        value = result.value
        received.append(value if isinstance(value, str) else value.to_bytes())
    check(received, 4, 8, "mixed")
    await stream.closed


@scenario()
async def js_readable_pulls_no_more_than_it_needs(env: Env) -> None:
    """What JavaScript has not asked for stays in the buffer, which can hold the server back."""
    env.require(env.kind == "browser", WHY)
    stream = env.stream("/send?count=50&size=100&close=0")
    readable = (await stream.opened).readable
    js_reader = readable.to_js().getReader()
    await js_reader.read()
    while readable.buffered_amount < 4900:
        await asyncio.sleep(0)
    await js_reader.read()
    assert readable.buffered_amount == 4800
    stream.close()
    while not (await js_reader.read()).done:
        pass
    await stream.closed


@scenario()
async def cancelling_a_js_readable_closes(env: Env) -> None:
    """cancel() of the JavaScript stream closes the connection."""
    env.require(env.kind == "browser", WHY)
    stream = env.stream("/echo")
    js_readable = (await stream.opened).readable.to_js()
    await js_readable.cancel("enough")
    assert (await stream.closed).close_code == 1005


@scenario()
async def failure_reaches_a_js_readable(env: Env) -> None:
    """When the connection is lost the JavaScript stream fails with a WebSocketError."""
    env.require(env.kind == "browser", WHY)
    from pyodide.ffi import JsException

    stream = env.stream("/reset-on-message")
    readable, writable, _, _ = await stream.opened
    js_reader = readable.to_js().getReader()
    writable.get_writer().write("now")
    error = await failure(JsException, js_reader.read())
    assert error.name == "WebSocketError"
    await failure(WebSocketError, stream.closed)


@scenario()
async def js_stream_pipes_into_a_writable(env: Env) -> None:
    """A JavaScript stream can be piped into writable.to_js(); its end closes the connection."""
    env.require(env.kind == "browser", WHY)
    from js import Response

    id = env.new_id()
    stream = env.stream(f"/sink?id={id}")
    js_writable = (await stream.opened).writable.to_js()
    await Response.new("piped " * 1000).body.pipeTo(js_writable)
    assert (await stream.closed).close_code == 1005
    assert (await env.journal(id))["bytes_received"] == 6000


@scenario()
async def js_writer_writes_text_and_buffers(env: Env) -> None:
    """A JavaScript writer sends strings as text and buffers as binary, and refuses the rest."""
    env.require(env.kind == "browser", WHY)
    from js import Object, Uint8Array

    stream = env.stream("/echo")
    readable, writable, _, _ = await stream.opened
    js_writer = writable.to_js().getWriter()
    assert writable.locked
    await js_writer.write("text")
    js_bytes = Uint8Array.new(3)
    js_bytes[1] = 7
    await js_writer.write(js_bytes)
    with readable.get_reader() as reader:
        assert (await reader.read()).value == "text"
        assert (await reader.read()).value == b"\0\7\0"
    await _refused(js_writer, Object.new())
    stream.close()
    await stream.closed


async def _refused(js_writer: Any, js_value: Any) -> None:
    from pyodide.ffi import JsException

    error = await failure(JsException, js_writer.write(js_value))
    assert error.name == "TypeError"


@scenario()
async def closing_ends_a_js_writable(env: Env) -> None:
    """When the connection has closed, writing through the JavaScript stream fails."""
    env.require(env.kind == "browser", WHY)
    from pyodide.ffi import JsException

    stream = env.stream("/echo")
    js_writer = (await stream.opened).writable.to_js().getWriter()
    stream.close()
    await stream.closed
    error = await failure(JsException, js_writer.write("late"))
    assert error.name == InvalidStateError.name


@scenario()
async def js_buffers_are_binary(env: Env) -> None:
    """ArrayBuffer, typed arrays and DataView are sent as the bytes that they show."""
    env.require(env.kind == "browser", WHY)
    from js import ArrayBuffer, DataView, Uint8Array, Uint16Array

    js_bytes = Uint8Array.new(8)
    for at in range(8):
        js_bytes[at] = at
    buffers = [
        (js_bytes, bytes(range(8))),
        (js_bytes.buffer, bytes(range(8))),
        (js_bytes.subarray(2, 5), bytes((2, 3, 4))),
        (Uint16Array.new(js_bytes.buffer, 2, 2), bytes((2, 3, 4, 5))),
        (DataView.new(js_bytes.buffer, 1, 3), bytes((1, 2, 3))),
        (ArrayBuffer.new(0), b""),
    ]
    async with env.stream("/echo") as opened:
        writer, reader = opened.writable.get_writer(), opened.readable.get_reader()
        for js_buffer, expected in buffers:
            await writer.write(js_buffer)
            assert (await reader.read()).value == expected


@scenario()
async def js_values_that_are_no_buffers_are_refused(env: Env) -> None:
    """Other JavaScript values, resizable and shared buffers are a TypeError; the stream works on."""
    env.require(env.kind == "browser", WHY)
    import js
    from pyodide.ffi import to_js

    options = to_js({"maxByteLength": 16}, dict_converter=js.Object.fromEntries)
    values = [js.Object.new(), js.Array.new(3), js.Date.new(), js.Blob.new(), js.JSON]
    js_resizable = js.ArrayBuffer.new(8, options)
    if getattr(js_resizable, "resizable", False):
        values += [js_resizable, js.Uint8Array.new(js_resizable)]
    if hasattr(js, "SharedArrayBuffer"):
        js_shared = js.SharedArrayBuffer.new(8)
        values += [js_shared, js.Uint8Array.new(js_shared)]
    async with env.stream("/echo") as opened:
        writer, reader = opened.writable.get_writer(), opened.readable.get_reader()
        for js_value in values:
            refusal(TypeError, writer.write, js_value)
        await writer.write("still here")
        assert (await reader.read()).value == "still here"
