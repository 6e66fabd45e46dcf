"""Load and faults, in every engine and on both back ends, with figures.

`./build.sh test` runs a short form of all of it; `./build.sh stress` the long one, with tables in
`.build/stress`. The parts that run in a page are in tests/scenarios/stress,
those with libraries in tests/scenarios/gateway/stress.

    plugin.py              the option --long, and the figures of a run as tables
    conftest.py            cells and pages: the main thread, with the newest Pyodide
    sequences.py           runs sequences of steps in a page, and finds the shortest that fails
    malformed.py           makes malformed frames and handshakes up
    test_faults.py         what networks do, also while the page sends without pause
    test_page_life.py      a page that is hidden, goes elsewhere, or ends its worker
    test_interleavings.py  random steps against a model of the standard
    test_bad_input.py      what servers may not send and callers may not pass
    test_connections.py    many connections at once, and one after the other
    test_gateway.py        faults, random steps, load and connections of libraries, through the gateway
    test_load.py           a million messages, gigabytes, and a reader that stops
    test_crashes.py        how often Chromium's own defect crashes a tab, raw and through the package
"""
