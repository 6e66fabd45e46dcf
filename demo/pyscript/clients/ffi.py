"""The program with js.WebSocket, by hand."""

from asyncio import Future

import js
from pyodide.ffi import create_proxy, to_js


async def receive(url, handle):
    ended = Future()

    async def on_message(event):
        await handle(event.data)

    def on_close(event):
        result = event.code, event.reason
        ended.set_result(result)

    js_on_message = create_proxy(on_message)
    js_on_close = create_proxy(on_close)
    socket = js.WebSocket.new(url)
    socket.binaryType = "arraybuffer"
    socket.onmessage = js_on_message
    socket.onclose = js_on_close
    result = await ended
    js_on_message.destroy()
    js_on_close.destroy()
    return result


async def exchange(url, data):
    answered = Future()

    def on_open(event):
        socket.send(to_js(data))

    def on_message(event):
        answered.set_result(event.data)

    def on_close(event):
        if not answered.done():
            error = ConnectionError(event.code)
            answered.set_exception(error)

    js_on_open = create_proxy(on_open)
    js_on_message = create_proxy(on_message)
    js_on_close = create_proxy(on_close)
    socket = js.WebSocket.new(url)
    socket.binaryType = "arraybuffer"
    socket.onopen = js_on_open
    socket.onmessage = js_on_message
    socket.onclose = js_on_close
    try:
        return await answered
    finally:
        socket.onclose = None
        socket.close()
        js_on_open.destroy()
        js_on_message.destroy()
        js_on_close.destroy()
