"""``websocketstream.connect``: in a browser our client, elsewhere the ``websockets`` library's own.

So that a program and its tests run on a laptop as they are. Arguments that only our client has are
accepted there, and have no effect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .asyncio._arguments import OURS
from .support import in_browser

if TYPE_CHECKING or in_browser():
    from .asyncio.client import connect as connect
else:
    try:
        from websockets.asyncio.client import connect as _theirs
    except ImportError:

        class _theirs:
            """Stands for what is not installed."""

            def __init__(self, *args: Any, **options: Any) -> None:
                raise ImportError(
                    "outside the browser websocketstream.connect is that of the websockets library, "
                    "version 14 or later: pip install 'websocketstream[cpython]'"
                )

    class connect(_theirs):
        """``websockets.connect``, which takes the arguments of our client too."""

        def __init__(self, uri: str, **options: Any) -> None:
            super().__init__(uri, **{name: each for name, each in options.items() if name not in OURS})
