"""``python -m tests.server``: run the server for a browser or for another process.

Prints one line of JSON with the URLs, and serves until SIGINT, SIGTERM or, when stdin is a pipe,
its end: so it never outlives the process that started it.
"""

import argparse
import asyncio
import json
import os
import signal
import stat
import sys
from contextlib import ExitStack
from pathlib import Path

from .app import serve
from .static import Answer, serve_static
from .table import ROUTES


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.server", description="WebSocket test server")
    parser.add_argument("--port", type=int, default=0, help="port for WebSockets (default: a free one)")
    parser.add_argument(
        "--static",
        metavar="[/PREFIX=]DIR",
        action="append",
        default=[],
        help="also serve a folder over HTTP; may be repeated, with different prefixes",
    )
    parser.add_argument("--http-port", type=int, default=0, help="port for HTTP (default: a free one)")
    parser.add_argument(
        "--coop", action="store_true", help="send COOP and COEP headers, to isolate pages"
    )
    parser.add_argument(
        "--libraries",
        action="store_true",
        help="with --static, also start a third-party library's server when /servers/NAME is asked for",
    )
    parser.add_argument("--routes", action="store_true", help="list the routes and exit")
    return parser.parse_args()


def _mounts(arguments: list[str]) -> dict[str, Path]:
    mounts = {}
    for argument in arguments:
        prefix, folder = (
            argument.split("=", 1) if argument.startswith("/") and "=" in argument else ("/", argument)
        )
        if not Path(folder).is_dir():
            sys.exit(f"{folder} is no folder")
        mounts[prefix] = Path(folder).resolve()
    return mounts


def _library_servers(stack: ExitStack) -> dict[str, Answer]:
    # Needs packages that the server by itself does without.
    from .libraries import LibraryServers

    return {"/servers/": stack.enter_context(LibraryServers()).answer}


def _watch_stdin(stop: asyncio.Event) -> None:
    mode = os.fstat(0).st_mode
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        return  # a terminal, a file or /dev/null: there signals do
    loop = asyncio.get_running_loop()

    def read() -> None:
        if not os.read(0, 4096):
            loop.remove_reader(0)
            stop.set()

    loop.add_reader(0, read)


async def _run(options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    _watch_stdin(stop)
    async with serve(options.port) as server:
        with ExitStack() as stack:
            urls = {"http": None, "ws": server.url}
            if options.static:
                answers = _library_servers(stack) if options.libraries else {}
                static = serve_static(
                    _mounts(options.static),
                    server.url,
                    port=options.http_port,
                    coop=options.coop,
                    answers=answers,
                )
                urls["http"] = stack.enter_context(static)
            print(json.dumps(urls), flush=True)
            await stop.wait()


def main() -> None:
    options = _arguments()
    if options.routes:
        for route in ROUTES.values():
            print(f"{route.usage()}\n    {route.doc}")
        return
    asyncio.run(_run(options))


if __name__ == "__main__":
    main()
