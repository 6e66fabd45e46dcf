"""Servers that are down for some time: how soon clients are connected again."""

from statistics import median

from .conftest import GatewayRunner
from .outages import outages

PATIENT = ("reconnect(), 5 s at most", "reconnect()", "websockets")
"""Clients that wait longer after each attempt; only the long form has time for them."""

EAGER = ("reconnect(), 0.5 s", "websockets, 0.5 s")
"""Clients that are connected again soon, however long the server was down."""

SECONDS = {False: [2.0], True: [4.0, 30.0, 120.0]}
TIMES = {False: 1, True: 3}
SOON = 10.0


def test_connected_again_after_an_outage(run_gateway: GatewayRunner, long: bool) -> None:
    """Clients that connect again are connected soon after the server is back, in JavaScript or not."""
    names = ("JavaScript, 0.5 s", *EAGER, *(PATIENT if long else ()))
    cases = [(name, seconds) for name in names for seconds in SECONDS[long]] * TIMES[long]
    with outages([seconds for _, seconds in cases]) as found:
        clients = [(name, outage.url) for (name, _), outage in zip(cases, found, strict=True)]
        run_gateway("outlive", clients=clients, limit=300)
    delays: dict[tuple[str, float], list[float]] = {case: [] for case in cases}
    for case, outage in zip(cases, found, strict=True):
        assert outage.delay is not None
        delays[case].append(outage.delay)
    title = "Connected again after an outage: median and longest, in seconds"
    run_gateway.report(
        title,
        {
            f"{name}; down for {seconds:.0f} s": f"{median(each):.1f}, {max(each):.1f}"
            for (name, seconds), each in delays.items()
        },
    )
    assert not [case for case, each in delays.items() if case[0] in EAGER and max(each) > SOON]
