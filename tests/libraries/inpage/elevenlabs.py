"""Further tests of `elevenlabs` in the page."""

from collections.abc import Iterator
from typing import Any

from elevenlabs import ElevenLabs
from pyodide.ffi import can_run_sync

import websocketstream
from websocketstream.gateway.headers import all_of, dropped, in_query


async def blocking(env: Any) -> None:
    """The blocking client speaks a text where Python can be suspended, or says why it can't."""
    token = in_query({"xi-api-key": "single_use_token"})
    websocketstream.install(headers_to=all_of(token, dropped("X-Fern-*")))
    client = ElevenLabs(api_key="sutkn_example", base_url=env.server.replace("wss", "https", 1))

    def text() -> Iterator[str]:
        yield "Hello "
        yield "over there."

    speech = client.text_to_speech.convert_realtime(
        "voice_example", text=text(), model_id="eleven_flash_v2_5", output_format="pcm_16000"
    )
    try:
        audio = b"".join(speech)
    except websocketstream.NotSupportedError:
        assert not can_run_sync()
    else:
        assert len(audio) == 320 * len("Helloover there.".replace(" ", ""))
