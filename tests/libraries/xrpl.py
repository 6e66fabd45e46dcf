"""A stand-in for a server of the XRP Ledger: a ledger that closes every now and then, and one account.

It checks what such a server checks: the version of the API, and addresses by their checksum.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.server import ServerConnection

from ._serving import websockets_server

LIBRARY = "xrpl-py"
REQUIREMENTS = ("xrpl-py",)
GROUP = "websockets-15"
MOCKED = (
    ("pycryptodome", "3.23.0", "Crypto"),
    ("pycryptodome", "3.23.0", "Crypto.Hash"),
    ("pycryptodome", "3.23.0", "Crypto.Hash.RIPEMD160"),
)

ALPHABET = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
ACCOUNT = "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh"
BALANCE = 250_000_000
CLOSE_SECONDS = 0.05


class Refused(Exception):
    """The name of an error."""


class Session:
    """A client's connection."""

    def __init__(self, websocket: ServerConnection) -> None:
        self.websocket = websocket
        self.closing: asyncio.Task[None] | None = None

    async def run(self) -> None:
        async for message in self.websocket:
            request = json.loads(message)
            answer = {key: request[key] for key in ("id", "api_version") if key in request}
            answer["type"] = "response"
            try:
                result = getattr(self, f"do_{request['command']}")(request)
            except (AttributeError, Refused) as error:
                name = str(error) if isinstance(error, Refused) else "unknownCmd"
                answer |= {"status": "error", "error": name, "request": request}
            else:
                answer |= {"status": "success", "result": result}
            await self.websocket.send(json.dumps(answer))
        self.do_unsubscribe({})

    def do_server_info(self, request: Any) -> Any:
        fees = {"base_fee_xrp": 0.00001, "reserve_base_xrp": 1, "reserve_inc_xrp": 0.2, "seq": 100}
        return {"info": {"build_version": "2.3.0", "server_state": "full", "validated_ledger": fees}}

    def do_fee(self, request: Any) -> Any:
        drops = {"base_fee": "10", "median_fee": "5000", "minimum_fee": "10", "open_ledger_fee": "10"}
        return {"drops": drops, "current_ledger_size": "1", "max_queue_size": "100"}

    def do_account_info(self, request: Any) -> Any:
        check(request["account"])
        if request["account"] != ACCOUNT:
            raise Refused("actNotFound")
        data = {
            "Account": ACCOUNT,
            "Balance": str(BALANCE),
            "Sequence": 7,
            "LedgerEntryType": "AccountRoot",
        }
        return {"account_data": data, "ledger_index": 100, "validated": True}

    def do_subscribe(self, request: Any) -> Any:
        if request["streams"] != ["ledger"]:
            raise Refused("malformedStream")
        self.closing = asyncio.create_task(self.close_ledgers())
        return {"fee_base": 10, "ledger_index": 100, "reserve_base": 1_000_000}

    def do_unsubscribe(self, request: Any) -> Any:
        if self.closing is not None:
            self.closing.cancel()
        return {}

    async def close_ledgers(self) -> None:
        index = 100
        while True:
            await asyncio.sleep(CLOSE_SECONDS)
            index += 1
            hash_ = hashlib.sha256(bytes(index)).hexdigest().upper()
            closed = {"type": "ledgerClosed", "ledger_index": index, "ledger_hash": hash_}
            await self.websocket.send(json.dumps(closed | {"fee_base": 10, "txn_count": 3}))


def check(address: str) -> None:
    """Raise if an address is malformed: its last four bytes are a checksum."""
    number = 0
    for letter in address:
        number = number * 58 + max(ALPHABET.find(letter), 0)
    try:
        data = number.to_bytes(25)
    except OverflowError:
        raise Refused("actMalformed") from None
    if hashlib.sha256(hashlib.sha256(data[:21]).digest()).digest()[:4] != data[21:]:
        raise Refused("actMalformed")


@asynccontextmanager
async def serve() -> AsyncIterator[str]:
    async with websockets_server(lambda websocket: Session(websocket).run()) as url:
        yield url
