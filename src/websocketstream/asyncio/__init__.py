"""A client with the API of :mod:`websockets.asyncio`, in the browser."""
