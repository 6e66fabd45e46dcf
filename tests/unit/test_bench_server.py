"""The benchmark's server: what it writes, and how it counts."""

import asyncio
import os
import sys
import time

import pytest
from websockets.asyncio.client import connect

from bench import server
from bench.frames import Counter, blocks, payload
from bench.processes import cpu
from tests.server.wire import BINARY, CLOSE, CONTINUATION, PING, TEXT, frame, masked_frame

KEY = b"\x01\x02\x03\x04"


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536])
@pytest.mark.parametrize("piece", [1, 7, 1000, 1 << 20])
def test_messages_are_counted_however_they_are_cut(size: int, piece: int) -> None:
    """Headers and payloads may be cut anywhere."""
    if piece == 1:
        size = min(size, 300)
    data = b"".join(masked_frame(BINARY, payload("binary", size), KEY) for _ in range(3))
    counter = Counter("binary")
    for start in range(0, len(data), piece):
        counter.feed(data[start : start + piece])
    assert (counter.messages, counter.payload_bytes, counter.closing) == (3, 3 * size, False)


def test_a_message_in_several_frames_is_one() -> None:
    """Browsers may cut a long message into frames."""
    cut = bytearray(masked_frame(TEXT, b"abc", KEY))
    cut[0] &= 0x7F
    counter = Counter("text")
    counter.feed(bytes(cut) + masked_frame(CONTINUATION, b"de", KEY))
    assert (counter.messages, counter.payload_bytes) == (1, 5)


def test_the_close_frame_is_no_message() -> None:
    """It ends the connection."""
    counter = Counter("text")
    counter.feed(masked_frame(CLOSE, b"\x03\xe8", KEY))
    assert (counter.messages, counter.payload_bytes, counter.closing) == (0, 0, True)


@pytest.mark.parametrize("opcode", [BINARY, PING])
def test_a_frame_of_another_kind_is_refused(opcode: int) -> None:
    """Who announces text and sends binary is not measured."""
    with pytest.raises(ValueError, match=f"opcode {opcode} came, not 1"):
        Counter("text").feed(masked_frame(opcode, b"x", KEY))


@pytest.mark.parametrize(("kind", "size", "count"), [("text", 32, 1), ("binary", 1000, 2500)])
def test_blocks_are_whole_frames(kind: str, size: int, count: int) -> None:
    """Together they are as many frames as were asked for."""
    one = frame(TEXT if kind == "text" else BINARY, payload(kind, size))
    made = list(blocks(kind, size, count))
    assert b"".join(made) == one * count
    assert all(len(block) % len(one) == 0 for block in made)


@pytest.mark.parametrize(("kind", "type_"), [("text", str), ("binary", bytes)])
async def test_the_server_sends_counts_and_echoes(kind: str, type_: type) -> None:
    """Each path, with a client that is not ours; what it reports is what was sent."""
    content = payload(kind, 40)
    message = content.decode() if type_ is str else content
    with server.serve() as serving:
        what = {"kind": kind, "size": 40, "count": 70_000}
        async with connect(serving.url("/flood", id="flood", **what)) as ws:
            await ws.send("go")
            for _ in range(70_000):
                assert await ws.recv() == message
        report = serving.report("flood")
        assert (report.messages, report.payload_bytes) == (70_000, 2_800_000)
        assert 0 <= report.busy < 30

        async with connect(serving.url("/sink", id="sink", **what | {"count": 500})) as ws:
            for _ in range(500):
                await ws.send(message)
            assert await ws.recv() == "done"
        report = serving.report("sink")
        assert (report.messages, report.payload_bytes) == (500, 20_000)

        async with connect(serving.url("/echo")) as ws:
            await ws.send("hello")
            assert await ws.recv() == "hello"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the CPU time of a process")
async def test_reports_have_the_cpu_time_of_a_process() -> None:
    """From the handshake on, also of a connection that only echoes."""
    with server.serve() as serving:
        for path in ("/echo", "/sink"):
            what = {"kind": "text", "size": 5, "count": 1, "page": os.getpid()}
            begun = cpu(os.getpid())
            async with connect(serving.url(path, id=path, **what)) as ws:
                burn_until = time.process_time() + 0.05
                while time.process_time() < burn_until:
                    pass
                await ws.send("hello")
                await ws.recv()
            assert 50_000 <= serving.report(path).cpu <= cpu(os.getpid()) - begun


async def test_paced_messages_come_back() -> None:
    """They are sent at their rate, while those that come back are counted."""
    with server.serve() as serving:
        what = {"kind": "binary", "size": 1000, "count": 100, "rate": 1000}
        async with connect(serving.url("/paced", id="paced", **what)) as ws:
            begun = time.monotonic()
            await ws.send("go")
            for _ in range(100):
                message = await ws.recv()
                assert message == payload("binary", 1000)
                await ws.send(message)
            assert await ws.recv() == "done"
            assert time.monotonic() - begun > 0.09
        report = serving.report("paced")
        assert (report.messages, report.payload_bytes) == (100, 100_000)


async def test_a_flood_ends_when_its_time_is_up() -> None:
    """It is held back by a client that does not read, and says what it got rid of."""
    with server.serve() as serving:
        what = {"kind": "binary", "size": 1 << 20, "count": 100_000, "seconds": 0.2}
        async with connect(serving.url("/flood", id="slow", **what), max_queue=1) as ws:
            await ws.send("go")
            await asyncio.sleep(0.4)
            received = 0
            while await ws.recv() != "end":
                received += 1
        assert serving.report("slow").messages == received > 0
