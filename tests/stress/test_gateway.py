"""Libraries through the gateway: faults, random steps, load, and connections one after the other.

As on every page, the libraries have the back end of the cell; what crashes Chromium's own
WebSocketStream (`failed_write_crash` of docs/backends.md) is left to the polyfill, which the gateway
takes unless it is told otherwise.
"""

import pytest

from tests.scenarios.gateway.stress.model import generate
from tests.scenarios.stress.faults import CRASHES_NATIVE, FAULTS, RACES_NATIVE

from .conftest import GatewayRunner
from .test_faults import LEAVES_A_WRITE
from .test_interleavings import play_random_steps

ROUNDS = {False: 1, True: 10}
SEEDS = {False: 40, True: 300}
IN_TURN = {False: 25, True: 500}
MIB = 1 << 20
LOADS = {
    False: [("receive", 20_000, 32), ("receive", 50, MIB), ("send", 10_000, 32), ("send", 50, MIB)],
    True: [("receive", 300_000, 32), ("receive", 1000, MIB), ("send", 300_000, 32), ("send", 500, MIB)],
}
"""The direction, the number of messages, and their size in bytes."""


def test_every_fault_is_an_error_of_the_library(run_gateway: GatewayRunner, long: bool) -> None:
    """Each network fault ends in an error of `websockets`, in time, and leaves nothing behind."""
    left_out: tuple[str, ...] = ()
    if run_gateway.cell.backend == "native":
        left_out = (*CRASHES_NATIVE, *RACES_NATIVE, *LEAVES_A_WRITE)
    names = [name for name in FAULTS if name not in left_out]
    slowest = dict.fromkeys(names, 0.0)
    for _ in range(ROUNDS[long]):
        figures = run_gateway("live_through", faults=names, limit=120)
        slowest |= {name: max(slowest[name], figures[name]) for name in names}
    title = f"Faults through the gateway: the slowest of {ROUNDS[long]}, in seconds"
    run_gateway.report(title, slowest)


def test_any_steps_of_a_library_do_what_they_should(run_gateway: GatewayRunner, long: bool) -> None:
    """Any sequence of calls of `websockets` leads to an outcome that the model allows.

    Chromium's own WebSocketStream may crash the tab as a connection fails; that is counted.
    """
    figures = play_random_steps(run_gateway, generate, SEEDS[long])
    run_gateway.report(
        "Random steps through the gateway", figures | {"tabs crashed": run_gateway.crashes}
    )


def test_connections_of_a_library_in_turn(run_gateway: GatewayRunner, long: bool) -> None:
    """Connections of libraries, one after the other, leave no proxy, task, timer or listener behind."""
    figures = run_gateway("connections_in_turn", count=IN_TURN[long], limit=300)
    run_gateway.report("Connections through the gateway", figures)


@pytest.mark.parametrize(
    "number", range(4), ids=["receive many", "receive much", "send many", "send much"]
)
def test_load_through_the_gateway(run_gateway: GatewayRunner, long: bool, number: int) -> None:
    """All messages arrive, in order and whole, and the page's memory does not grow with them."""
    verb, count, size = LOADS[long][number]
    figures = run_gateway(verb, count=count, size=size, limit=1200)
    run_gateway.report("Load through the gateway", figures)
