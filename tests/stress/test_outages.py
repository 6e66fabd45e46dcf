"""Servers that are down for some time: how soon clients are connected again."""

from statistics import median

import pytest

from .conftest import GatewayRunner
from .outages import outages

EAGER = ("reconnect(), 0.5 s", "websockets, 0.5 s")
"""Clients that try again after half a second each time."""

PATIENT = ("reconnect(), 5 s at most", "reconnect()", "websockets")
"""Clients that wait longer after each attempt."""

SECONDS = (4.0, 30.0, 120.0)
SOON = 10.0
TITLE = "Connected again after an outage: median and longest of three, in seconds"


def test_connected_again_after_a_short_outage(run_gateway: GatewayRunner) -> None:
    """A server that is down for two seconds is connected to soon after it is back."""
    delays = delays_after(run_gateway, [(name, 2.0) for name in EAGER])
    assert max(max(each) for each in delays.values()) < SOON


@pytest.mark.parametrize(
    "names", [("JavaScript, 0.5 s",), EAGER + PATIENT], ids=["JavaScript", "Python"]
)
def test_connected_again_after_an_outage(
    run_gateway: GatewayRunner, long: bool, names: tuple[str, ...]
) -> None:
    """However long it was down, clients that ask over HTTP first are connected to it soon.

    JavaScript has a browser of its own: Chromium delays all WebSockets of a page when many have failed.
    """
    if not long:
        pytest.skip("only the long form has time for that")
    delays = delays_after(run_gateway, [(name, seconds) for name in names for seconds in SECONDS] * 3)
    run_gateway.page.close()
    figures = {
        f"{name}, down for {seconds:.0f} s": f"{median(each):.1f}, {max(each):.1f}"
        for (name, seconds), each in delays.items()
    }
    run_gateway.report(TITLE, figures)
    late = {case for case, each in delays.items() if max(each) > SOON}
    assert not [case for case in late if case[0] in EAGER]


def delays_after(
    run: GatewayRunner, cases: list[tuple[str, float]]
) -> dict[tuple[str, float], list[float]]:
    """Run a client for each case, a name and the duration of its outage; return when they were back."""
    with outages([seconds for _, seconds in cases]) as found:
        clients = [(name, outage.url) for (name, _), outage in zip(cases, found, strict=True)]
        run("outlive", clients=clients, limit=400)
    delays: dict[tuple[str, float], list[float]] = {case: [] for case in cases}
    for case, outage in zip(cases, found, strict=True):
        assert outage.delay is not None
        delays[case].append(outage.delay)
    return delays
