"""The program with pyscript.WebSocket."""

from asyncio import Future

from pyscript import WebSocket


async def receive(url, handle):
    ended = Future()

    async def on_message(event):
        await handle(event.data)

    def on_close(event):
        result = event.code, event.reason
        ended.set_result(result)

    socket = WebSocket(url=url)
    socket.onmessage = on_message
    socket.onclose = on_close
    return await ended


async def exchange(url, data):
    answered = Future()

    def on_open(event):
        socket.send(data)

    def on_message(event):
        answered.set_result(event.data)

    def on_close(event):
        if not answered.done():
            error = ConnectionError(event.code)
            answered.set_exception(error)

    socket = WebSocket(url=url)
    socket.onopen = on_open
    socket.onmessage = on_message
    socket.onclose = on_close
    try:
        return await answered
    finally:
        socket.close()
