"""Scenarios of the gateway: its promises to libraries, kept for unmodified `websockets` and `aiohttp`.

Each takes a :class:`~.env.LibrariesEnv`. They run in pages that have the two libraries, and on CPython
over its own sockets, where `install()` does nothing: what must hold for a library in a page is what
holds for it there. This folder imports the standard library, the two libraries, ``websocketstream``
and its neighbours only.

    delivery.py       messages before a Close arrive, and those that were written before one
    backpressure.py   a library that stops reading, a server that does
    faults.py         how lost connections end
    closing.py        close codes, both ways
    pings.py          keepalives, on connections that live and on dead ones
    opening.py        subprotocols, headers, TLS contexts, and handshakes that fail
    requests.py       other HTTP requests
    streams.py        asyncio's own streams, and bytes of other protocols
    lifecycle.py      cancelling, many connections, install() and uninstall()
"""
