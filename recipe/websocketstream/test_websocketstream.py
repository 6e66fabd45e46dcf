from pytest_pyodide import run_in_pyodide


@run_in_pyodide(packages=["websocketstream"])
def test_support(selenium):
    import pyodide

    from websocketstream import support

    assert support().pyodide == pyodide.__version__


@run_in_pyodide(packages=["websocketstream"])
def test_refusals(selenium):
    from websocketstream import DOMSyntaxError, WebSocketStream

    try:
        WebSocketStream("wss://example.com/#fragment")
    except DOMSyntaxError as error:
        assert "has a fragment" in str(error)
    else:
        raise AssertionError("a URL with a fragment was not refused")
