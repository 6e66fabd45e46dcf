"""A central system for charging stations, written with `ocpp` itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from ocpp.routing import on
from ocpp.v16 import ChargePoint, call_result
from ocpp.v16.enums import RegistrationStatus
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from ._serving import websockets_server

LIBRARY = "ocpp"
REQUIREMENTS = ("ocpp", "websockets")
GROUP = "websockets-17"


class CentralSystem(ChargePoint):
    """Accepts stations, and answers their heartbeats."""

    @on("BootNotification")
    def on_boot(self, charge_point_model: str, charge_point_vendor: str, **more: Any) -> Any:
        now = datetime.now(UTC).isoformat()
        return call_result.BootNotification(now, 300, RegistrationStatus.accepted)

    @on("Heartbeat")
    def on_heartbeat(self) -> Any:
        return call_result.Heartbeat(datetime.now(UTC).isoformat())


async def charge_point(websocket: ServerConnection) -> None:
    assert websocket.request is not None
    with suppress(ConnectionClosed):
        await CentralSystem(websocket.request.path.strip("/"), websocket).start()


@asynccontextmanager
async def serve() -> AsyncIterator[str]:
    async with websockets_server(charge_point, subprotocols=[Subprotocol("ocpp1.6")]) as url:
        yield url
