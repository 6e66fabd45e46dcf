"""A NATS server: `nats-server`, from the system's packages, with a WebSocket listener."""

import asyncio
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from ._serving import HOST

LIBRARY = "nats-py"
REQUIREMENTS = ("nats-py", "aiohttp")
GROUP = "websockets-17"
EXPECTS = ("DeprecationWarning: parameter 'timeout' of type 'float' is deprecated",)

# Port -1 is any free one.
CONFIG = f"""
listen: "{HOST}:-1"
websocket {{ listen: "{HOST}:-1", no_tls: true }}
jetstream {{ store_dir: "%s" }}
"""
LISTENING = re.compile(rb"Listening for websocket clients on (ws://\S+)")

UNPACKED = Path(__file__).parents[2] / ".build/servers/usr/sbin/nats-server"


def missing() -> str | None:
    """Return why the server can't be started here, or None."""
    return None if _program() else "no nats-server here: neither installed nor in the system's packages"


def _program() -> str | None:
    """Return the program on the PATH, else the one that tools/servers.py has unpacked."""
    return shutil.which("nats-server") or shutil.which(UNPACKED)


@asynccontextmanager
async def serve() -> AsyncIterator[str]:
    program = _program()
    if program is None:
        raise FileNotFoundError("no nats-server here; install it, or let ./build.sh setup unpack it")
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "nats.conf")
        config.write_text(CONFIG % folder)
        process = await asyncio.create_subprocess_exec(
            program, "--config", str(config), stderr=asyncio.subprocess.PIPE
        )
        assert process.stderr
        try:
            url = await _websocket_url(process.stderr)
            draining = asyncio.ensure_future(process.stderr.read())
            yield url
        finally:
            with suppress(ProcessLookupError):  # it has ended by itself
                process.kill()
            await process.wait()
        await draining


async def _websocket_url(log: asyncio.StreamReader) -> str:
    """Return where the server listens, once it is ready."""
    url = None
    async for line in log:
        if found := LISTENING.search(line):
            url = found[1].decode()
        if b"Server is ready" in line and url:
            return url
    raise ChildProcessError("nats-server ended before it was ready")
