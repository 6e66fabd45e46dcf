"""Autobahn's own WebSocket server, with a small WAMP router of ours on top."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from autobahn.asyncio.websocket import WampWebSocketServerFactory
from autobahn.wamp import message
from autobahn.wamp.role import RoleBrokerFeatures, RoleDealerFeatures
from autobahn.wamp.serializer import JsonSerializer

from ._serving import HOST

LIBRARY = "autobahn"
REQUIREMENTS = ("hyperlink", "setuptools", "txaio")
BARE = ("autobahn",)
GROUP = "websockets-17"
EXPECTS = ('Session.onUserError(): "com.example.impossible',)

ROLES = {"broker": RoleBrokerFeatures(), "dealer": RoleDealerFeatures()}


class Router:
    """A realm: its subscriptions and procedures, and the calls that wait for a result."""

    def __init__(self) -> None:
        self.numbers = itertools.count(1)
        self.subscribers: dict[str, dict[int, Session]] = {}
        self.procedures: dict[str, tuple[int, Session]] = {}
        self.calls: dict[int, tuple[int, Session]] = {}


class Session:
    """A client's session, as the library's WebSocket server calls it."""

    def __init__(self, router: Router) -> None:
        self.router = router
        self.transport: Any = None
        self._session_id = self._authid = None  # what the server's log shows

    def onOpen(self, transport: Any) -> None:
        self.transport = transport

    def onClose(self, clean: bool) -> None:
        for subscribers in self.router.subscribers.values():
            for number in [number for number, session in subscribers.items() if session is self]:
                del subscribers[number]
        for uri in [uri for uri, (_, session) in self.router.procedures.items() if session is self]:
            del self.router.procedures[uri]

    def onMessage(self, received: Any) -> None:
        getattr(self, f"on_{type(received).__name__.lower()}")(received)

    def on_hello(self, hello: message.Hello) -> None:
        if hello.realm == "realm1":
            self.send(message.Welcome(next(self.router.numbers), ROLES, realm=hello.realm))
        else:
            self.send(message.Abort("wamp.error.no_such_realm"))

    def on_goodbye(self, goodbye: message.Goodbye) -> None:
        self.send(message.Goodbye(message.Goodbye.DEFAULT_REASON))

    def on_subscribe(self, subscribe: message.Subscribe) -> None:
        number = next(self.router.numbers)
        self.router.subscribers.setdefault(subscribe.topic, {})[number] = self
        self.send(message.Subscribed(subscribe.request, number))

    def on_publish(self, publish: message.Publish) -> None:
        publication = next(self.router.numbers)
        for number, session in self.router.subscribers.get(publish.topic, {}).items():
            if session is not self:
                session.send(message.Event(number, publication, publish.args, publish.kwargs))
        if publish.acknowledge:
            self.send(message.Published(publish.request, publication))

    def on_register(self, register: message.Register) -> None:
        number = next(self.router.numbers)
        self.router.procedures[register.procedure] = number, self
        self.send(message.Registered(register.request, number))

    def on_call(self, call: message.Call) -> None:
        if call.procedure not in self.router.procedures:
            missing = "wamp.error.no_such_procedure"
            self.send(message.Error(message.Call.MESSAGE_TYPE, call.request, missing))
            return
        registration, session = self.router.procedures[call.procedure]
        number = next(self.router.numbers)
        self.router.calls[number] = call.request, self
        session.send(message.Invocation(number, registration, call.args, call.kwargs))

    def on_yield(self, yielded: message.Yield) -> None:
        request, caller = self.router.calls.pop(yielded.request)
        caller.send(message.Result(request, yielded.args, yielded.kwargs))

    def on_error(self, error: message.Error) -> None:
        request, caller = self.router.calls.pop(error.request)
        called = message.Call.MESSAGE_TYPE
        caller.send(message.Error(called, request, error.error, error.args, error.kwargs))

    def send(self, answer: Any) -> None:
        self.transport.send(answer)


@asynccontextmanager
async def serve() -> AsyncIterator[str]:
    router = Router()
    loop = asyncio.get_running_loop()
    factory = WampWebSocketServerFactory(
        lambda: Session(router), serializers=[JsonSerializer()], loop=loop
    )
    server = await loop.create_server(factory, HOST, 0)
    try:
        yield f"ws://{HOST}:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
