"""Generate the data of the demo's page "Libraries":

    libraries/catalog.json      the libraries: names, versions, and the pages of docs/libraries/ in parts
    simple/GROUP/PROJECT/       an index of wheels for each group of tests/libraries/pins, for micropip

Text and code come from docs/libraries/.
"""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

from tests.browser.cells import LIBRARIES as WHEELS
from tests.browser.examples import library_pages
from tests.libraries import Library, libraries
from tools.project import ROOT, Problem

_SENTENCE = re.compile(r"(?<=[.!?])\s")

type Part = dict[str, str]
"""``{"html": …}``, or ``{"name": …, "code": …}`` for an example."""


def stage(site: Path) -> None:
    """Write the catalog and the indexes."""
    known = {page.stem: libraries()[page.stem] for page in library_pages() if page.stem in libraries()}
    for group in sorted({library.group for library in known.values()}):
        _write_index(group, site / "simple" / group)
    entries = [_entry(library) for library in known.values()]
    entries.sort(key=lambda entry: entry["library"].lower())
    (site / "libraries" / "catalog.json").write_text(json.dumps(entries, indent=1))


def _entry(library: Library) -> dict[str, Any]:
    """Return the catalog's entry for a library."""
    page = ROOT / "docs" / "libraries" / f"{library.name}.md"
    text = page.read_text(encoding="utf-8")
    return {
        "name": library.name,
        "library": library.library,
        "version": _newest(library),
        "summary": summary(text),
        "parts": list(parts(text, library.name)),
        "group": library.group,
        "requirements": library.requirements,
        "bare": library.bare,
        "mocked": library.mocked,
    }


def summary(page: str) -> str:
    """Return the first sentence below a page's title, as plain text."""
    tokens = MarkdownIt().parse(page)
    start = next(index for index, token in enumerate(tokens) if token.type == "paragraph_open")
    words = tokens[start + 1].children or []
    text = "".join(" " if word.type == "softbreak" else word.content for word in words)
    return _SENTENCE.split(text)[0]


def parts(page: str, name: str) -> Iterator[Part]:
    """Split a page into text as HTML, without the title, and examples with the names of their tests."""
    markdown = MarkdownIt()
    tokens = markdown.parse(page)[3:]
    pending: list[Token] = []
    number = 0

    def text() -> Iterator[Part]:
        if pending:
            yield {"html": markdown.renderer.render(pending, markdown.options, {})}
            pending.clear()

    for token in map(_adapted, tokens):
        if token.type == "fence" and token.info == "python":
            yield from text()
            number += 1
            yield {"name": name if number == 1 else f"{name}-{number}", "code": token.content}
        else:
            pending.append(token)
    yield from text()


def _adapted(token: Token) -> Token:
    """Adapt a token: move headings down one level, and remove links to files of the repository."""
    if token.type.startswith("heading_"):
        token.tag = f"h{int(token.tag[1]) + 1}"
    local = False
    kept = []
    for child in token.children or ():
        if child.type == "link_open":
            local = "://" not in str(child.attrs["href"])
        if not (local and child.type.startswith("link_")):
            kept.append(child)
    if token.children:
        token.children = kept
    return token


def _wheels(group: str) -> list[Path]:
    """Return the wheels of a group."""
    wheels = sorted(WHEELS.joinpath(group).glob("*.whl"))
    if not wheels:
        raise Problem(f"{WHEELS.relative_to(ROOT) / group} has no wheels: run ./build.sh setup")
    return wheels


def _newest(library: Library) -> str:
    """Return the version of a library that micropip installs."""
    project = canonicalize_name(library.library)
    found = [parse_wheel_filename(wheel.name)[:2] for wheel in _wheels(library.group)]
    return str(max((version for name, version in found if name == project), default=Version("0")))


def _write_index(group: str, folder: Path) -> None:
    """Write an index as in PEP 503: a page of links for each project, and the wheels."""
    for wheel in _wheels(group):
        project = folder / parse_wheel_filename(wheel.name)[0]
        project.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(wheel, project / wheel.name)
        page = project / "index.html"
        page.touch()
        with page.open("a") as file:
            file.write(f'<a href="{wheel.name}">{wheel.name}</a>\n')
