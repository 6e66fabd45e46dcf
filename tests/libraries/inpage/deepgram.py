"""Further tests of `deepgram-sdk` in the page."""

from typing import Any

from deepgram import AsyncDeepgramClient, DeepgramClient, DeepgramClientEnvironment
from deepgram.core.api_error import ApiError
from deepgram.core.events import EventType
from pyodide.ffi import can_run_sync

import websocketstream
from websocketstream.gateway.headers import deepgram as in_subprotocols


def _environment(server: str) -> DeepgramClientEnvironment:
    http = server.replace("ws", "http", 1)
    return DeepgramClientEnvironment(base=http, production=server, agent=server, agent_rest=http)


async def blocking(env: Any) -> None:
    """The blocking client transcribes where Python can be suspended, or says why it can't."""
    websocketstream.install(headers_to=in_subprotocols)
    client = DeepgramClient(api_key="dg-example", environment=_environment(env.server))
    transcripts: list[str] = []

    def on_message(message: Any) -> None:
        if message.type == "Results":
            transcripts.append(message.channel.alternatives[0].transcript)

    options: Any = {"model": "nova-3", "encoding": "linear16", "sample_rate": "16000"}
    try:
        with client.listen.v1.connect(**options) as connection:
            connection.on(EventType.MESSAGE, on_message)
            for _ in range(10):
                connection.send_media(bytes(3200))
            connection.send_close_stream()
            connection.start_listening()
    except websocketstream.NotSupportedError:
        assert not can_run_sync()
    else:
        assert transcripts == ["0 hertz", "0 hertz"]


async def a_wrong_key_is_refused(env: Any) -> None:
    """A wrong key ends in the library's own exception, which does not show the key."""
    websocketstream.install(headers_to=in_subprotocols)
    client = AsyncDeepgramClient(api_key="dg-wrong", environment=_environment(env.server))
    try:
        async with client.listen.v1.connect(model="nova-3"):
            raise AssertionError("connected")
    except ApiError as error:
        assert error.status_code in (401, 502)
