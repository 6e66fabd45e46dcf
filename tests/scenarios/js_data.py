"""JavaScript's data in a browser: its buffers as messages, its values as reasons of an abort."""

from __future__ import annotations

from typing import Any

from websocketstream import AbortError, WebSocketError, support

from .env import Env
from .registry import scenario
from .steps import assert_echoes, echo, failure, refusal

BROWSER = "JavaScript needs a browser"


def _js_object(**fields: Any) -> Any:
    import js
    from pyodide.ffi import to_js

    return to_js(fields, dict_converter=js.Object.fromEntries)


@scenario()
async def javascript_buffers_are_binary(env: Env) -> None:
    """An ArrayBuffer, a typed array or a DataView is sent as its bytes, a view as its part only."""
    env.require(env.kind == "browser", BROWSER)
    import js

    js_bytes = js.Uint8Array.new(10)
    for index in range(10):
        js_bytes[index] = index
    data = bytes(range(10))
    js_buffer = js_bytes.buffer
    async with env.stream("/echo") as opened:
        for js_chunk, sent in (
            (js_buffer, data),
            (js_bytes, data),
            (js_bytes.subarray(2, 5), data[2:5]),
            (js.Uint8ClampedArray.new(js_buffer, 3), data[3:]),
            (js.Int8Array.new(js_buffer, 9, 1), data[9:]),
            (js.Uint16Array.new(js_buffer, 2, 3), data[2:8]),
            (js.Float32Array.new(js_buffer, 4, 1), data[4:8]),
            (js.BigInt64Array.new(js_buffer, 0, 1), data[:8]),
            (js.DataView.new(js_buffer, 1, 4), data[1:5]),
            (js.ArrayBuffer.new(0), b""),
            (js.Uint8Array.new(0), b""),
            (js_buffer.slice(5), data[5:]),
        ):
            echoed = await echo(opened, js_chunk)
            assert echoed == sent, f"{js_chunk} became {echoed!r}"
            assert type(echoed) is bytes


@scenario()
async def javascript_buffers_are_copied_at_the_call(env: Env) -> None:
    """Changing a JavaScript buffer after write() does not change what is sent."""
    env.require(env.kind == "browser", BROWSER)
    import js

    async with env.stream("/echo") as opened:
        js_bytes = js.Uint8Array.new(3)
        with opened.writable.get_writer() as writer:
            writer.write(js_bytes)
            js_bytes.fill(255)
            writer.write(js_bytes)
        with opened.readable.get_reader() as reader:
            assert (await reader.read()).value == b"\0\0\0"
            assert (await reader.read()).value == b"\xff\xff\xff"


@scenario()
async def resizable_buffers_are_refused(env: Env) -> None:
    """A resizable ArrayBuffer, or a view of one, is a TypeError, and the stream goes on working."""
    env.require(env.kind == "browser", BROWSER)
    import js

    js_buffer = js.ArrayBuffer.new(1024, _js_object(maxByteLength=65536))
    resizable = getattr(js_buffer, "resizable", False)
    env.require(resizable, "this engine has no resizable ArrayBuffer")
    await _assert_refused(env, js_buffer, js.Uint8Array.new(js_buffer), js.DataView.new(js_buffer, 8))


@scenario()
async def shared_memory_is_refused(env: Env) -> None:
    """A view on shared memory, or the memory itself, is a TypeError, and the stream goes on working."""
    env.require(env.kind == "browser", BROWSER)
    import js

    js_memory = js.WebAssembly.Memory.new(_js_object(initial=1, maximum=2, shared=True))
    await _assert_refused(
        env, js_memory.buffer, js.Uint8Array.new(js_memory.buffer), js.DataView.new(js_memory.buffer)
    )


@scenario()
async def other_javascript_values_are_refused(env: Env) -> None:
    """A JavaScript value that is no buffer is a TypeError rather than sent as its string."""
    env.require(env.kind == "browser", BROWSER)
    import js

    await _assert_refused(
        env,
        js.Object.new(),
        js.Reflect.apply(js.Object.create, None, js.JSON.parse("[null]")),
        js.Array.of(1, 2, 3),
        js.Date.new(0),
        js.Map.new(),
        js.Promise.resolve(5),
        js.Blob.new(js.Array.of("text")),
        js.String.new("boxed"),
        js.Symbol("symbol"),
        js.Error.new("error"),
        js.Object,
        js,
    )


async def _assert_refused(env: Env, *js_chunks: Any) -> None:
    async with env.stream("/echo") as opened:
        for js_chunk in js_chunks:
            with opened.writable.get_writer() as writer:
                refusal(TypeError, writer.write, js_chunk)
        await assert_echoes(opened)


@scenario()
async def nothing_of_javascript_comes_out(env: Env) -> None:
    """What a program gets from a stream are Python's own values."""
    env.require(env.kind == "browser", BROWSER)
    stream = env.stream("/echo", protocols=["v1"])
    opened = await stream.opened
    assert type(stream.url) is str
    assert type(opened.protocol) is str
    assert type(opened.extensions) is str
    assert type(await echo(opened, "text")) is str
    assert type(await echo(opened, b"binary")) is bytes
    stream.close(4000, "why")
    info = await stream.closed
    assert (type(info.close_code), type(info.reason)) == (int, str)

    error = await failure(WebSocketError, env.stream("/reset").closed)
    assert (type(error.close_code), type(error.reason)) == (int, str)
    assert type(error.message) is str


async def _reason_of(env: Env, abort: Any) -> Any:
    """Abort while connecting; return the reason that both promises tell."""
    controller = env.abort_controller()
    stream = env.stream("/echo", signal=controller.signal)
    abort(controller)
    error = await failure(AbortError, stream.opened)
    assert (await failure(AbortError, stream.closed)).reason is error.reason
    return error.reason


@scenario()
async def javascript_abort_reasons_reach_the_caller(env: Env) -> None:
    """A reason of any JavaScript type ends both promises and arrives: object, error, null, undefined."""
    env.require(env.kind == "browser", BROWSER)
    import js

    js_object = _js_object(answer=42)
    reason = await _reason_of(env, lambda controller: controller.abort(js_object))
    assert reason.answer == 42

    reason = await _reason_of(env, lambda controller: controller.abort(js.Error.new("why")))
    assert isinstance(reason, Exception)
    assert "why" in str(reason)

    js_exception = js.DOMException.new("too big", "QuotaExceededError")
    reason = await _reason_of(env, lambda controller: controller.abort(js_exception))
    assert isinstance(reason, Exception)
    assert reason.name == "QuotaExceededError"  # type: ignore[attr-defined]

    reason = await _reason_of(
        env, lambda controller: js.Reflect.apply(controller.abort, controller, js.JSON.parse("[null]"))
    )
    assert str(reason) in ("None", "jsnull", "null")

    reason = await _reason_of(
        env,
        lambda controller: js.Reflect.apply(
            controller.abort, controller, js.JSON.parse("[12345678901234567890]")
        ),
    )
    assert reason == 12345678901234567890.0


@scenario()
async def python_exception_as_abort_reason_is_the_same_object(env: Env) -> None:
    """An exception of Python that goes through a JavaScript signal comes out as the same object."""
    env.require(env.kind == "browser", BROWSER)
    from pyodide.ffi import create_proxy

    mine = KeyError("mine")
    assert await _reason_of(env, lambda controller: controller.abort(mine)) is mine
    js_mine = create_proxy(mine)
    reason = await _reason_of(env, lambda controller: controller.abort(js_mine))
    js_mine.destroy()
    assert reason is mine


@scenario()
async def abort_reason_that_is_gone_does_no_harm(env: Env) -> None:
    """A signal whose reason was a Python object that JavaScript can't reach any more still aborts."""
    env.require(env.kind == "browser", BROWSER)
    controller = env.abort_controller()
    controller.abort(KeyError("gone after the call"))
    stream = env.stream("/echo", signal=controller.signal)
    await failure(AbortError, stream.opened)
    await failure(AbortError, stream.closed)


@scenario()
async def javascript_timeout_signal_works(env: Env) -> None:
    """AbortSignal.timeout() gives up connecting, and its reason says so."""
    env.require(env.kind == "browser", BROWSER)
    import js

    stream = env.stream("/never-handshakes", signal=js.AbortSignal.timeout(20))
    error = await failure(AbortError, stream.opened)
    reason: Any = error.reason
    assert isinstance(reason, Exception)
    assert reason.name == "TimeoutError"  # type: ignore[attr-defined]
    assert (await failure(AbortError, stream.closed)).reason is error.reason

    stream = env.stream("/echo", signal=js.AbortSignal.abort("at once"))
    assert (await failure(AbortError, stream.opened)).reason == "at once"
    await failure(AbortError, stream.closed)


@scenario()
async def support_tells_what_there_is(env: Env) -> None:
    """support() tells what this environment offers, as it finds it."""
    have = support()
    if env.kind != "browser":
        assert not (have.websocket or have.native or have.worker or have.jspi)
        assert (have.auto, have.safe, have.pyodide) == ("cpython", "cpython", None)
        return
    import js

    assert have.websocket
    assert have.native == hasattr(js, "WebSocketStream")
    assert have.worker == (not hasattr(js, "window"))
    assert have.auto == ("native" if have.native else "polyfill")
    assert have.safe == ("native" if have.native and not have.native_defects else "polyfill")
    assert have.receive_backpressure == have.native
    assert have.pyodide
    assert have.runtime == js.navigator.userAgent
