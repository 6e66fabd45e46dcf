"""OpenAI's realtime API, as the agents SDK uses it: the stand-in of `_openai_realtime.py`."""

from .openai import serve

LIBRARY = "openai-agents"
REQUIREMENTS = (
    "openai-agents",
    "jsonschema",
    "pydantic-settings",
    "httpx",
    "httpx-sse",
    "sse-starlette",
)
BARE = ("mcp",)
GROUP = "websockets-15"
EXPECTS = ("The following transport option(s) are not supported on Emscripten",)

__all__ = ["BARE", "EXPECTS", "GROUP", "LIBRARY", "REQUIREMENTS", "serve"]
