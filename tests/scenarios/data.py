"""Data: what can be a message, what it arrives as, and what is refused before it goes anywhere."""

from __future__ import annotations

import array
import ctypes
import io
import re

from .env import Env
from .registry import scenario
from .steps import assert_echoes, echo, refusal


@scenario(quick=True)
async def text_goes_there_and_back_unchanged(env: Env) -> None:
    """Any text arrives as it was written: empty, with NUL, in any script, beyond the BMP."""
    async with env.stream("/echo") as opened:
        for text in (
            "",
            "plain",
            "NUL \0 inside\0",
            "BOM \ufeff inside",
            "line\r\nend\u2028",
            "Grüße, Κόσμε, мир, 世界, שלום",
            "\uffff\ufffd\u0085",
            "🔌🏳️‍🌈👩‍👩‍👧",
            "\U00010000\U0010ffff",
            "e\u0301 is not é",
        ):
            assert await echo(opened, text) == text


@scenario(quick=True)
async def byte_order_mark_is_part_of_a_text(env: Env) -> None:
    """A text that begins with U+FEFF arrives with it."""
    async with env.stream("/echo") as opened:
        echoed = await echo(opened, "\ufefftext")
    env.require(echoed != "text", "this runtime drops a byte order mark from the beginning of a text")
    assert echoed == "\ufefftext"


@scenario(quick=True)
async def lone_surrogates_become_replacement_characters(env: Env) -> None:
    """A surrogate without its other half is sent as U+FFFD, two halves as the character they make."""
    async with env.stream("/echo") as opened:
        for written, sent in (
            ("\ud800", "\ufffd"),
            ("a\udc00b", "a\ufffdb"),
            ("\udc00\ud800", "\ufffd\ufffd"),
            ("\ud83d\ude00", "😀"),
            ("ä\udfff🔌", "ä\ufffd🔌"),
        ):
            assert await echo(opened, written) == sent


class Text(str):
    """A str that would like to be something else."""

    def __str__(self) -> str:
        return "something else"


class Data(bytes):
    """A bytes of a subclass."""


@scenario(quick=True)
async def bytes_like_objects_are_binary(env: Env) -> None:
    """Whatever has Python's buffer protocol is sent as its bytes, and arrives as bytes."""
    numbers = array.array("H", [1, 2, 0xFFFF])
    grid = memoryview(bytes(range(12))).cast("B", (3, 4))
    async with env.stream("/echo") as opened:
        for chunk, sent in (
            (b"bytes \0\xff", b"bytes \0\xff"),
            (b"", b""),
            (bytearray(b"bytearray"), b"bytearray"),
            (bytearray(), b""),
            (memoryview(b"memoryview"), b"memoryview"),
            (memoryview(b""), b""),
            (memoryview(b"0123456789")[2:5], b"234"),
            (memoryview(b"0123456789")[::2], b"02468"),
            (memoryview(b"0123456789")[::-1], b"9876543210"),
            (grid, bytes(range(12))),
            (numbers, numbers.tobytes()),
            (memoryview(numbers)[1:], numbers.tobytes()[2:]),
            (array.array("d", [1.5]), array.array("d", [1.5]).tobytes()),
            ((ctypes.c_uint8 * 3)(1, 2, 3), b"\1\2\3"),
            (Data(b"subclass"), b"subclass"),
            (io.BytesIO(b"a view of a file").getbuffer(), b"a view of a file"),
        ):
            echoed = await echo(opened, chunk)
            assert echoed == sent, f"{chunk!r} became {echoed!r}"
            assert type(echoed) is bytes


@scenario()
async def subclass_of_str_is_sent_as_its_text(env: Env) -> None:
    """A subclass of str is the text that it holds, whatever its ``__str__`` says."""
    async with env.stream("/echo") as opened:
        assert await echo(opened, Text("what it holds")) == "what it holds"


@scenario(quick=True)
async def other_types_are_refused_at_the_call(env: Env) -> None:
    """Anything else is a TypeError that names the type, and the stream goes on working."""

    class Unprintable:
        def __str__(self) -> str:
            raise RuntimeError("can't be made a string")

        __repr__ = __str__

    released = memoryview(b"gone")
    released.release()
    async with env.stream("/echo") as opened:
        writer = opened.writable.get_writer()
        for chunk in (
            None,
            5,
            1.5,
            True,
            ["a", "list"],
            ("a", "tuple"),
            {"a": "dict"},
            {"a", "set"},
            range(3),
            object(),
            str,
            io.BytesIO(b"file"),
            (letter for letter in "ab"),
            len,
            Unprintable(),
        ):
            error = refusal(TypeError, writer.write, chunk)
            assert re.search(rf"\b{type(chunk).__name__}\b", str(error)), str(error)
        refusal(TypeError, writer.write, released)
        refusal(TypeError, writer.write)
        writer.release_lock()
        await assert_echoes(opened)


@scenario()
async def empty_messages_are_messages(env: Env) -> None:
    """Empty texts and empty binaries arrive, each as its own kind, between others."""
    sent = ["", b"", "full", "", b"full", b"", ""]
    async with env.stream("/echo") as opened:
        writer = opened.writable.get_writer()
        for message in sent:
            writer.write(message)
        with opened.readable.get_reader() as reader:
            assert [(await reader.read()).value for _ in sent] == sent


@scenario()
async def messages_of_every_length_encoding_arrive(env: Env) -> None:
    """Lengths around the borders of the frame format's encodings arrive whole."""
    async with env.stream("/echo?compress=0") as opened:
        for size in (1, 125, 126, 127, 65535, 65536, 65537, 131072):
            data = bytes(number % 251 for number in range(256)) * (size // 256 + 1)
            assert await echo(opened, data[:size]) == data[:size]
            assert await echo(opened, "x" * size) == "x" * size


@scenario()
async def messages_of_a_mebibyte_arrive_whole(env: Env) -> None:
    """A message of 1 MiB, binary or text, with or without compression, arrives in one piece."""
    data = bytes(range(256)) * 4096
    text = "1 MiB of ASCII: " * 65536
    wide = "ß🔌" * 65536
    for compress in (0, 1):
        async with env.stream(f"/echo?compress={compress}") as opened:
            for message in (data, text, wide):
                assert await echo(opened, message) == message
