"""A stand-in for the API server of Kubernetes: pods, and commands that run in them.

It checks the bearer token, in the header of requests and as a subprotocol of WebSockets, as the API
server does. The commands are processes of this machine, so it runs only those of its list.
"""

import asyncio
import base64
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from ._cors import allowing
from ._serving import aiohttp_server

LIBRARY = "kubernetes-asyncio"
REQUIREMENTS = ("kubernetes-asyncio",)
GROUP = "websockets-17"
MOCKED = (("pyyaml", "6.0.3", "yaml"),)
LIMIT = 60.0

TOKEN = "secret/token"
CHANNELS = "v4.channel.k8s.io"
BEARER = "base64url.bearer.authorization.k8s.io."
COMMANDS = (
    ["sh", "-c", "echo to stdout"],
    ["sh", "-c", "read line && echo you said $line && echo to stderr >&2 && exit 3"],
)
STDIN, STDOUT, STDERR, STATUS = range(4)
POD = {
    "metadata": {"name": "busybox", "namespace": "default", "uid": "1"},
    "spec": {"containers": [{"name": "busybox", "image": "busybox"}]},
    "status": {"phase": "Running", "podIP": "10.0.0.7"},
}


async def list_pods(request: web.Request) -> web.Response:
    if request.headers.get("Authorization") != f"Bearer {TOKEN}":
        return unauthorized()
    return web.json_response({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": [POD]})


async def execute(request: web.Request) -> web.StreamResponse:
    offered = [name.strip() for name in request.headers["Sec-WebSocket-Protocol"].split(",")]
    tokens = [name.removeprefix(BEARER) for name in offered if name.startswith(BEARER)]
    if [base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)) for token in tokens] != [
        TOKEN.encode()
    ]:
        return unauthorized()
    command = request.query.getall("command")
    if CHANNELS not in offered or command not in COMMANDS:
        return web.json_response(failure("BadRequest"), status=400)
    socket = web.WebSocketResponse(protocols=(CHANNELS,))
    await socket.prepare(request)
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    async with asyncio.TaskGroup() as tasks:
        typing = tasks.create_task(type_into(process, socket))
        await asyncio.gather(
            show(process.stdout, STDOUT, socket), show(process.stderr, STDERR, socket), process.wait()
        )
        typing.cancel()
    status = json.dumps(status_of(process.returncode or 0)).encode()
    await socket.send_bytes(bytes([STATUS]) + status)
    await socket.close()
    return socket


async def type_into(process: Process, socket: web.WebSocketResponse) -> None:
    assert process.stdin is not None
    async for message in socket:
        assert message.data[0] == STDIN
        process.stdin.write(message.data[1:])


async def show(stream: asyncio.StreamReader | None, channel: int, socket: web.WebSocketResponse) -> None:
    assert stream is not None
    await socket.send_bytes(bytes([channel]))
    while data := await stream.read(4096):
        await socket.send_bytes(bytes([channel]) + data)


def status_of(code: int) -> dict[str, Any]:
    if code == 0:
        return {"metadata": {}, "status": "Success"}
    cause = {"reason": "ExitCode", "message": str(code)}
    return failure("NonZeroExitCode") | {"details": {"causes": [cause]}}


def failure(reason: str) -> dict[str, Any]:
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "reason": reason}


def unauthorized() -> web.Response:
    return web.json_response(failure("Unauthorized"), status=401)


@asynccontextmanager
async def serve() -> AsyncIterator[str]:
    app = web.Application(middlewares=[allowing("authorization", "content-type")])
    app.add_routes(
        [
            web.get("/api/v1/namespaces/default/pods", list_pods),
            web.get("/api/v1/namespaces/default/pods/busybox/exec", execute),
        ]
    )
    async with aiohttp_server(app) as url:
        yield url
