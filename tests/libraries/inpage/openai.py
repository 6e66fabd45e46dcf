"""Further tests of `openai` in the page."""

from typing import Any

from openai import OpenAI
from pyodide.ffi import can_run_sync

import websocketstream
from websocketstream.gateway.headers import openai as in_subprotocols


async def blocking(env: Any) -> None:
    """The blocking client streams a response where Python can be suspended, or says why it can't."""
    websocketstream.install(headers_to=in_subprotocols)
    client = OpenAI(api_key="sk-example", base_url=f"{env.server.replace('ws', 'http', 1)}/v1")
    try:
        text = _ask(client, "Say hello!")
    except websocketstream.NotSupportedError:
        assert not can_run_sync()
    else:
        assert text == "Say hello! "


def _ask(client: OpenAI, question: str) -> str:
    text = ""
    with client.realtime.connect(model="gpt-realtime") as connection:
        connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
        content: Any = [{"type": "input_text", "text": question}]
        connection.conversation.item.create(item={"type": "message", "role": "user", "content": content})
        connection.response.create()
        for event in connection:
            if event.type == "response.output_text.delta":
                text += event.delta
            elif event.type == "response.done":
                break
    return text


async def a_wrong_key_is_refused(env: Any) -> None:
    """A wrong key ends in the library's own exception."""
    from openai import AsyncOpenAI
    from websockets.exceptions import InvalidStatus

    websocketstream.install(headers_to=in_subprotocols)
    client = AsyncOpenAI(api_key="sk-wrong", base_url=f"{env.server.replace('ws', 'http', 1)}/v1")
    try:
        async with client.realtime.connect(model="gpt-realtime"):
            raise AssertionError("connected")
    except InvalidStatus as error:
        print(error.response.status_code)
        assert error.response.status_code in (401, 502)
