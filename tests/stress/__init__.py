"""Load and faults, in every engine and on both back ends, with figures.

`./build.sh test` runs a short form of all of it; `./build.sh stress` the long one, with tables in
`.build/stress`. The parts that run in a page are in tests/scenarios/stress,
those with libraries in tests/scenarios/gateway/stress.

    plugin.py              the option --long, and the figures of a run as tables
    conftest.py            cells and pages: the main thread, with the newest Pyodide
    malformed.py           makes up malformed frames and handshakes
    test_faults.py         network faults, also while the page sends without a pause
    test_outages.py        how soon clients are connected again after a server was down
    test_lying.py          classic WebSockets that lack members, raise, or fire the wrong events
    test_page_life.py      a page that is hidden, goes elsewhere, or ends its worker
    test_interleavings.py  random steps against a model of the standard, down to the shortest that fails
    test_bad_input.py      malformed input from servers, and wrong calls
    test_connections.py    many connections at once, and one after the other
    test_long_life.py      half an hour with one connection, while others come and go
    test_gateway.py        faults, random steps, load and connections of libraries, through the gateway
    test_marks.py          how long a message waits at a low mark for sending, and at a high one
    test_load.py           a million messages, gigabytes, and a reader that stops
    test_crashes.py        how often Chromium's own defect crashes a tab, raw and through the package
"""
