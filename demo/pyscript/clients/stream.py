"""The program with websocketstream."""

from websocketstream import WebSocketStream


async def receive(url, handle):
    stream = WebSocketStream(url)
    async with stream as opened:
        async for message in opened.readable:
            await handle(message)
    return await stream.closed


async def exchange(url, data):
    async with WebSocketStream(url) as opened:
        writer = opened.writable.get_writer()
        await writer.write(data)
        reader = opened.readable.get_reader()
        return (await reader.read()).value
