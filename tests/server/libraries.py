"""The servers of third-party libraries for a page that asks for them over HTTP, by the library's name.

Each is started when it is first asked for, and runs until the end.
"""

import threading
from typing import Self

from tests.browser.examples import library_examples, with_server
from tests.libraries import libraries
from tests.libraries._thread import ServerThread


class LibraryServers:
    """Starts servers, and says where they are: ``with LibraryServers() as servers``."""

    def __init__(self) -> None:
        self._servers = ServerThread()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._servers.__enter__()
        return self

    def __exit__(self, *args: object) -> None:
        self._servers.__exit__(*args)

    def answer(self, name: str) -> dict[str, object]:
        """Return the server's URL and the library's examples with that URL in them, or a problem.

        Raises KeyError if there is no library of that name.
        """
        libraries()[name]
        try:
            with self._lock:
                if reason := self._servers.missing(name):
                    return {"problem": reason}
                url = self._servers.url(name)
        except Exception as error:
            return {"problem": f"{type(error).__name__}: {error}"}
        examples = {
            key: with_server(example.code, url) for key, example in library_examples(name).items()
        }
        return {"url": url, "examples": examples}
