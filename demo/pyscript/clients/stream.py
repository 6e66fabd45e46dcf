"""The program with websocketstream."""

from websocketstream import WebSocketStream


async def receive(url, handle):
    async with WebSocketStream(url) as ws:
        async for message in ws:
            await handle(message)
    return await ws.closed


async def exchange(url, data):
    async with WebSocketStream(url) as ws:
        await ws.send(data)
        return await ws.recv()
