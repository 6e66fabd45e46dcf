"""Clients of servers that break down: each connects until it is connected again."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

from pyodide.code import run_js
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from websocketstream import WebSocketError, exponential_backoff, reconnect

from .env import GatewayStressEnv
from .registry import stress

PAUSE = 0.5
"""Seconds between two attempts of those clients that don't wait longer each time."""

JAVASCRIPT = """(url, pause) => new Promise((resolve) => {
    const connect = () => {
        const ws = new WebSocket(url);
        ws.onclose = () => setTimeout(connect, pause);
        ws.onmessage = ({data}) => {
            if (data === "again") {
                ws.onclose = resolve;
                ws.close();
            }
        };
    };
    connect();
})"""


async def javascript(env: GatewayStressEnv, url: str) -> None:
    await run_js(JAVASCRIPT)(url, PAUSE * 1000)


async def own(env: GatewayStressEnv, url: str, **options: Any) -> None:
    async for ws in reconnect(url, backend=env.backend, **options):
        try:
            if "again" in [await ws.recv()]:
                break
            await ws.recv()
        except WebSocketError:
            continue


async def own_without_patience(env: GatewayStressEnv, url: str) -> None:
    await own(env, url, backoff=lambda: itertools.repeat(PAUSE))


async def own_with_five_seconds(env: GatewayStressEnv, url: str) -> None:
    await own(env, url, backoff=lambda: exponential_backoff(maximum=5))


async def library(env: GatewayStressEnv, url: str) -> None:
    async for ws in connect(url):
        try:
            if await ws.recv() == "again":
                break
            await ws.recv()
        except WebSocketException:
            continue


async def library_without_patience(env: GatewayStressEnv, url: str) -> None:
    while True:
        try:
            async with connect(url) as ws:
                if await ws.recv() == "again":
                    return
                await ws.recv()
        except (OSError, WebSocketException):
            await asyncio.sleep(PAUSE)


CLIENTS = {
    "JavaScript, 0.5 s": javascript,
    "reconnect(), 0.5 s": own_without_patience,
    "reconnect(), 5 s at most": own_with_five_seconds,
    "reconnect()": own,
    "websockets, 0.5 s": library_without_patience,
    "websockets": library,
}


@stress
async def outlive(env: GatewayStressEnv) -> None:
    """Run a client for each server, until all are connected again."""
    async with asyncio.TaskGroup() as tasks:
        for client, url in env.asked["clients"]:
            tasks.create_task(CLIENTS[client](env, url))
