"""A server for GraphQL subscriptions, written with ariadne and run by uvicorn."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from ariadne import SubscriptionType, gql, make_executable_schema
from ariadne.asgi import GraphQL
from ariadne.asgi.handlers import GraphQLTransportWSHandler

from ._serving import asgi_server

LIBRARY = "gql"
REQUIREMENTS = ("gql[websockets,aiohttp]",)
GROUP = "websockets-17"

subscription = SubscriptionType()


@subscription.source("countdown")
async def countdown(_root: Any, _info: Any, start: int) -> AsyncGenerator[int]:
    for number in range(start, -1, -1):
        yield number


@subscription.field("countdown")
def one(number: int, _info: Any, start: int) -> int:
    return number


SCHEMA = make_executable_schema(
    gql("type Query { hello: String } type Subscription { countdown(start: Int!): Int! }"), subscription
)


@asynccontextmanager
async def serve() -> AsyncIterator[str]:
    async with asgi_server(GraphQL(SCHEMA, websocket_handler=GraphQLTransportWSHandler())) as url:
        yield url
