"""Further tests of `slack-sdk` in the page."""

import asyncio
import gc
from typing import Any

import aiohttp
import slack_sdk.socket_mode.aiohttp as over_aiohttp
import slack_sdk.socket_mode.websockets as over_websockets
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient


async def connections_are_renewed(env: Any) -> None:
    """Both clients go on over a new connection when Slack asks them to, and receive its events."""
    for module in (over_aiohttp, over_websockets):
        await _renew(module.SocketModeClient, env.server.replace("ws", "http", 1))


async def forget() -> None:
    """Cancel the heartbeats that aiohttp goes on scheduling after a connection was closed.

    It does so on CPython too, if the last data comes while it is closing; the handle ends by itself.
    """
    for response in gc.get_objects():
        if isinstance(response, aiohttp.ClientWebSocketResponse) and response.closed:
            response._cancel_heartbeat()


async def _renew(client_class: Any, server: str) -> None:
    events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def process(client: Any, request: Any) -> None:
        await events.put(request.payload["event"])
        await client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))

    web_client = AsyncWebClient(token="xoxb-123-456-secret", base_url=f"{server}/api/")
    client = client_class(app_token="xapp-1-A123-456-secret", web_client=web_client)
    client.socket_mode_request_listeners.append(process)
    # Slack's own switch for trying this out.
    client.wss_uri = f"{await client.issue_new_wss_url()}&debug_reconnects=true"
    await client.connect()
    first, second = await events.get(), await events.get()
    assert first["ts"] != second["ts"], "the second message is of the first connection"
    await client.close()
