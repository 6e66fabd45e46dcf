"""Delivery: nothing that was sent before a Close frame is lost, in either direction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial

from ..payload import check, message
from ..steps import digest
from .env import LibrariesEnv
from .registry import scenario
from .steps import READERS, WRITERS, Pause

COUNT, SIZE = 500, 1000
BURST = f"count={COUNT}&size={SIZE}"


def _until_all_has_come(env: LibrariesEnv, id: str) -> Pause:
    """Return a pause until the page has all messages and the Close; elsewhere TCP holds some back."""

    async def pause() -> None:
        if env.in_page:
            await env.journal(id)
        else:
            await env.seen(id, lambda entry: entry["messages_sent"] == COUNT)

    return pause


@scenario(quick=True)
async def library_receives_a_burst_at_once(env: LibrariesEnv) -> None:
    """A library that waits for messages receives all of a burst that ends with a Close."""
    for read in READERS:
        check(await read(env, f"/send?{BURST}"), COUNT, SIZE, "text")


@scenario(quick=True)
async def library_receives_a_burst_late(env: LibrariesEnv) -> None:
    """A library that begins to read long after the server has closed receives all of a burst."""
    for read in READERS:
        id = env.new_id()
        first = _until_all_has_come(env, id)
        check(await read(env, f"/send?id={id}&{BURST}", first=first), COUNT, SIZE, "text")


@scenario()
async def library_receives_a_burst_slowly(env: LibrariesEnv) -> None:
    """A library that takes a turn of the event loop for each message receives all of a burst."""
    for read in READERS:
        each = partial(asyncio.sleep, 0)
        check(await read(env, f"/send?{BURST}&kind=mixed", each=each), COUNT, SIZE, "mixed")


@scenario()
async def library_receives_a_burst_with_pauses(env: LibrariesEnv) -> None:
    """A library that pauses for 5 ms after each message receives all of a burst."""
    for read in READERS:
        path = "/send?count=50&size=1000&kind=binary"
        check(await read(env, path, each=partial(asyncio.sleep, 0.005)), 50, 1000, "binary")


@scenario(quick=True)
async def library_receives_a_burst_behind_the_handshake(env: LibrariesEnv) -> None:
    """Messages and a Close that come with the handshake's response are received, also late."""
    for read in READERS:
        for each in (partial(asyncio.sleep, 0), partial(asyncio.sleep, 0.001)):
            check(await read(env, "/burst?count=100&size=500", first=each), 100, 500, "text")
        check(await read(env, f"/burst?{BURST}&kind=mixed"), COUNT, SIZE, "mixed")


@scenario()
async def library_receives_messages_of_every_length(env: LibrariesEnv) -> None:
    """Messages around the lengths at which the frame header changes are received unchanged."""
    for read in READERS:
        for size in (0, 125, 126, 127, 65535, 65536, 1 << 20):
            path = f"/send?count=3&size={size}&kind=binary&compress=0"
            check(await read(env, path), 3, size, "binary")


@scenario(timeout=60)
async def large_writes_of_a_library_then_close_are_sent(env: LibrariesEnv) -> None:
    """Four messages of 8 MB and the Close after them reach the server whole."""
    messages = [message(index, 8_000_000, "binary") for index in range(4)]
    expected = digest(messages)
    for write in WRITERS:
        id = env.new_id()
        await write(env, f"/sink?id={id}&compress=0", messages, 4001)
        entry = await env.journal(id)
        assert (entry["messages_received"], entry["sha256"]) == (4, expected)
        assert (entry["close_code"], entry["close_reason"]) == (4001, "done")


@scenario(quick=True)
async def burst_of_a_library_then_close_is_sent(env: LibrariesEnv) -> None:
    """A burst of 500 small messages and the Close after it reach the server whole."""
    messages = [message(index, SIZE, "mixed") for index in range(COUNT)]
    for write in WRITERS:
        id = env.new_id()
        await write(env, f"/sink?id={id}", messages, 1000)
        entry = await env.journal(id)
        assert (entry["messages_received"], entry["sha256"]) == (COUNT, digest(messages))
        assert (entry["close_code"], entry["close_reason"]) == (1000, "done")


@scenario()
async def messages_of_a_library_come_back_in_order(env: LibrariesEnv) -> None:
    """Hundreds of messages that are sent while their echoes come back arrive in order."""
    sent = [message(index, 20, "mixed") for index in range(300)]
    async with env.connect("/echo") as ws:

        async def send() -> None:
            for each in sent:
                await ws.send(each)

        sending = asyncio.create_task(send())
        assert [await ws.recv() for _ in sent] == sent
        await sending


@scenario()
async def fragments_of_a_library_are_one_message(env: LibrariesEnv) -> None:
    """A message that the library sends in fragments, with pings in between, reaches the server whole."""
    parts = ["in ", "three ", "parts"]
    async with env.connect("/echo", ping_interval=0.01) as ws:

        async def slowly() -> AsyncIterator[str]:
            for part in parts:
                await asyncio.sleep(0.03)
                yield part

        await ws.send(slowly())
        assert await ws.recv() == "".join(parts)
        await ws.send([b"", b"\0" * 70_000, b"end"])
        assert await ws.recv() == b"\0" * 70_000 + b"end"
