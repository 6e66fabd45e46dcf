"""Further tests of `google-genai` in the page."""

import os
from typing import Any

import certifi
from google import genai

import websocketstream
from websocketstream.gateway.headers import google as in_query


async def a_wrong_key_is_refused(env: Any) -> None:
    """A wrong key ends in the library's own exception, with the service's close code and reason."""
    websocketstream.install(headers_to=in_query)
    os.environ["SSL_CERT_FILE"] = certifi.where()
    options: Any = {"base_url": env.server.replace("wss", "https", 1)}
    client = genai.Client(api_key="AIza-wrong", http_options=options)
    try:
        async with client.aio.live.connect(model="gemini-live-2.5-flash-preview"):
            raise AssertionError("connected")
    except genai.errors.APIError as error:
        assert error.code == 1007
        assert "API key not valid" in str(error)
