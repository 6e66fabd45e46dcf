"""A stand-in for the exchange Bitstamp: its markets over HTTP, what happens there over WebSockets.

Of the order book it sends changes only, as Bitstamp does, so the library has to fetch the book itself
and put the changes on top.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from ._cors import allowing
from ._serving import aiohttp_server

LIBRARY = "ccxt"
REQUIREMENTS = ("aiohttp", "certifi", "requests", "typing-extensions")
BARE = ("ccxt",)
GROUP = "websockets-15"
LIMIT = 60.0
EXPECTS = ("enable_cleanup_closed ignored",)
MOCKED = (
    ("cryptography", "47.0.0", "cryptography"),
    ("cryptography", "47.0.0", "cryptography.hazmat"),
    ("cryptography", "47.0.0", "cryptography.hazmat.backends"),
    ("cryptography", "47.0.0", "cryptography.hazmat.primitives"),
    (
        "cryptography",
        "47.0.0",
        "cryptography.hazmat.primitives.hashes",
        "SHA1 = SHA224 = SHA256 = SHA384 = SHA512 = None",
    ),
    ("cryptography", "47.0.0", "cryptography.hazmat.primitives.asymmetric"),
    (
        "cryptography",
        "47.0.0",
        "cryptography.hazmat.primitives.asymmetric.ec",
        "SECP192R1 = SECP224R1 = SECP256R1 = SECP384R1 = SECP521R1 = SECP256K1 = None",
    ),
    ("cryptography", "47.0.0", "cryptography.hazmat.primitives.asymmetric.ed25519"),
    ("cryptography", "47.0.0", "cryptography.hazmat.primitives.asymmetric.padding"),
    (
        "cryptography",
        "47.0.0",
        "cryptography.hazmat.primitives.asymmetric.utils",
        "Prehashed = decode_dss_signature = None",
    ),
    (
        "cryptography",
        "47.0.0",
        "cryptography.hazmat.primitives.serialization",
        "Encoding = PublicFormat = load_pem_private_key = None",
    ),
)
"""Signs orders with some kinds of keys. PyPI has no wheel of it for Pyodide; its distribution has."""

UPDATE_SECONDS = 0.02
MARKET = {
    "name": "BTC/USD",
    "market_symbol": "btcusd",
    "base_currency": "BTC",
    "base_decimals": 8,
    "counter_currency": "USD",
    "counter_decimals": 2,
    "minimum_order_value": "10",
    "trading": "Enabled",
    "instant_order_counter_decimals": 2,
    "instant_and_market_orders": "Enabled",
    "description": "Bitcoin / U.S. dollar",
    "market_type": "SPOT",
}


async def markets(request: web.Request) -> web.Response:
    return web.json_response([MARKET])


async def order_book(request: web.Request) -> web.Response:
    sides = {"bids": [["99.00", "1.0"], ["98.00", "2.0"]], "asks": [["101.00", "1.0"]]}
    return web.json_response(now() | sides)


def now() -> dict[str, str]:
    microseconds = time.time_ns() // 1000
    return {"timestamp": str(microseconds // 1_000_000), "microtimestamp": str(microseconds)}


def trade(number: int) -> dict[str, Any]:
    price, amount = 100 + number, number / 10
    orders = {"buy_order_id": 2 * number, "sell_order_id": 2 * number + 1}
    texts = {"price_str": f"{price:.2f}", "amount_str": f"{amount:.8f}"}
    more = {"id": number, "type": number % 2, "price": price, "amount": amount}
    return now() | orders | texts | more


def book_change(number: int) -> dict[str, Any]:
    """Put a better bid into the book, and take away one."""
    return now() | {"bids": [["100.00", "0.5"], ["98.00", "0.0"]], "asks": []}


CHANNELS: dict[str, tuple[str, Callable[[int], dict[str, Any]]]] = {
    "live_trades_btcusd": ("trade", trade),
    "diff_order_book_btcusd": ("data", book_change),
}


async def live(request: web.Request) -> web.StreamResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    channels: dict[str, asyncio.Task[None]] = {}
    async for message in socket:
        wanted = json.loads(message.data)
        channel = wanted["data"]["channel"]
        if wanted["event"] == "bts:subscribe" and channel in CHANNELS:
            channels[channel] = asyncio.create_task(update(socket, channel))
            event = "bts:subscription_succeeded"
        elif wanted["event"] == "bts:unsubscribe" and channel in channels:
            channels.pop(channel).cancel()
            event = "bts:unsubscription_succeeded"
        else:
            event = "bts:error"
        await socket.send_json({"event": event, "channel": channel, "data": {}})
    for task in channels.values():
        task.cancel()
    return socket


async def update(socket: web.WebSocketResponse, channel: str) -> None:
    event, make = CHANNELS[channel]
    number = 0
    while not socket.closed:
        await asyncio.sleep(UPDATE_SECONDS)
        number += 1
        await socket.send_json({"event": event, "channel": channel, "data": make(number)})


@asynccontextmanager
async def serve() -> AsyncIterator[str]:
    app = web.Application(middlewares=[allowing()])
    app.add_routes(
        [
            web.get("/api/v2/markets/", markets),
            web.get("/api/v2/order_book/btcusd/", order_book),
            web.get("/", live),
        ]
    )
    async with aiohttp_server(app) as url:
        yield url
