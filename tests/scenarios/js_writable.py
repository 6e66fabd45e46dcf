"""The writable side as JavaScript's own WritableStream, on either back end."""

from __future__ import annotations

from typing import Any

from websocketstream import InvalidStateError

from .env import Env
from .js_streams import BROWSER
from .payload import message
from .registry import scenario
from .steps import digest, failure, refusal


@scenario()
async def writable_as_javascript_stream_sends(env: Env) -> None:
    """writable.to_js() is a real WritableStream that takes strings and buffers."""
    env.require(env.kind == "browser", BROWSER)
    import js
    from pyodide.ffi import to_js

    stream = env.stream("/echo")
    opened = await stream.opened
    js_stream = opened.writable.to_js()
    assert js.Object.getPrototypeOf(js_stream) == js.WritableStream.prototype
    assert opened.writable.locked
    refusal(TypeError, opened.writable.to_js)
    refusal(TypeError, opened.writable.get_writer)
    js_writer = js_stream.getWriter()
    js_bytes = to_js(b"bytes")
    with opened.readable.get_reader() as reader:
        for js_chunk, sent in (
            ("text 🔌", "text 🔌"),
            (js_bytes, b"bytes"),
            (js_bytes.buffer, b"bytes"),
            (js.DataView.new(js_bytes.buffer, 2), b"tes"),
            ("", ""),
        ):
            await js_writer.ready
            await js_writer.write(js_chunk)
            assert (await reader.read()).value == sent
    await js_writer.close()
    assert await stream.closed == (1005, "")


@scenario()
async def javascript_pipe_sends_and_closes(env: Env) -> None:
    """A JavaScript stream that is piped into the writable is sent whole, and closes behind it."""
    env.require(env.kind == "browser", BROWSER)
    import js

    id = env.new_id()
    stream = env.stream(f"/sink?id={id}")
    opened = await stream.opened
    js_source = js.Response.new("what the page has").body
    await js_source.pipeTo(opened.writable.to_js())
    assert await stream.closed == (1005, "")
    entry = await env.journal(id)
    assert entry["sha256"] == digest([b"what the page has"])


@scenario()
async def javascript_sides_can_be_piped_together(env: Env) -> None:
    """One connection's readable can be piped into another's writable, all in JavaScript."""
    env.require(env.kind == "browser", BROWSER)
    id = env.new_id()
    source, target = env.stream("/send?count=30&kind=mixed"), env.stream(f"/sink?id={id}")
    js_readable = (await source.opened).readable.to_js()
    await js_readable.pipeTo((await target.opened).writable.to_js())
    assert await source.closed == (1000, "")
    assert await target.closed == (1005, "")
    entry = await env.journal(id)
    assert entry["sha256"] == digest(message(index, 10, "mixed") for index in range(30))


@scenario()
async def javascript_chunk_that_is_no_message_fails_the_stream(env: Env) -> None:
    """A chunk that can't be sent is a TypeError, which fails the stream, as the standard has it."""
    env.require(env.kind == "browser", BROWSER)
    import js
    from pyodide.ffi import JsException

    stream = env.stream("/echo")
    js_writer = (await stream.opened).writable.to_js().getWriter()
    error: Any = await failure(JsException, js_writer.write(js.Object.new()))
    assert error.name == "TypeError"
    await failure(JsException, js_writer.closed)
    stream.close()
    await stream.closed


@scenario()
async def javascript_abort_closes(env: Env) -> None:
    """Aborting the JavaScript stream closes the connection without a code."""
    env.require(env.kind == "browser", BROWSER)
    import js

    for js_reason in ("enough", None, js.Error.new("why")):
        stream = env.stream("/echo")
        js_stream = (await stream.opened).writable.to_js()
        await js_stream.abort(js_reason)
        assert await stream.closed == (1005, "")


@scenario()
async def javascript_writer_learns_of_the_servers_close(env: Env) -> None:
    """When the server closes the JavaScript writer is told, with an InvalidStateError."""
    env.require(env.kind == "browser", BROWSER)
    from pyodide.ffi import JsException

    stream = env.stream("/close-on-message?code=4000")
    opened = await stream.opened
    js_writer = opened.writable.to_js().getWriter()
    js_writer.write("close")
    assert await stream.closed == (4000, "")
    error: Any = await failure(JsException, js_writer.closed)
    assert error.name == InvalidStateError.name
