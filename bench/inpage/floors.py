"""The clients of `python -m bench.floors`, by the names that floors_plan.py has for them."""

from collections.abc import Awaitable, Callable
from functools import partial

from .client import Client
from .clients import Ours
from .floor_echoes import Awaiting, AwaitingPipe, Event, Listener, PipedListener
from .floor_rates import (
    MARK,
    CalledPipe,
    Copied,
    CopiedPipe,
    Gathered,
    GatheredPipe,
    Prepared,
    PreparedPipe,
    convert,
    convert_events,
    drop,
)

RUNGS: dict[str, Callable[[str], Awaitable[Client]]] = {
    "gather": partial(Gathered.gather, take=drop),
    "convert": partial(Gathered.gather, take=convert_events),
    "gather-pipe": partial(GatheredPipe.gather, take=drop),
    "convert-pipe": partial(GatheredPipe.gather, take=convert),
    "call-pipe": CalledPipe.open,
    "prepared": Prepared.open,
    "copied": Copied.open,
    "prepared-pipe": PreparedPipe.open,
    "copied-pipe": CopiedPipe.open,
    "ours-native-js-mark": partial(Ours.open, backend="native", send_high_water_mark=MARK),
    "ours-polyfill-js-mark": partial(Ours.open, backend="polyfill", send_high_water_mark=MARK),
    "event": partial(Event.connect, promising=False),
    "event-promising": partial(Event.connect, promising=True),
    "listener": Listener.open,
    "awaiting": partial(Awaiting.connect, promising=False),
    "awaiting-promising": partial(Awaiting.connect, promising=True),
    "listener-pipe": PipedListener.open,
    "awaiting-pipe": partial(AwaitingPipe.connect, promising=False, turns=0),
    "awaiting-pipe-later": partial(AwaitingPipe.connect, promising=False, turns=2),
    "awaiting-pipe-promising": partial(AwaitingPipe.connect, promising=True, turns=1),
}
