"""The documentation's site, which `./build.sh docs` builds with Sphinx.

The sources are the repository's own Markdown files, where they are: what links to another file reads the
same there and on the site. Nothing on the site comes from elsewhere: no font, no script, no picture.
"""

import re
import sys
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.util import logging

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from tests.browser.examples import LIBRARIES, library_pages  # noqa: E402
from websocketstream import __version__  # noqa: E402

project = "websocketstream"
author = "The websocketstream authors"
project_copyright = author
version = release = __version__

root_doc = "docs/index"
include_patterns = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/**"]
exclude_patterns = [".*", "bench", "demo", "dist", "node_modules", "src", "tests", "tools", "typings"]
source_suffix = {".md": "markdown"}
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]

# Anchors as GitHub makes them, so that links to them hold in both places.
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
autodoc_type_aliases = {name: name for name in ("HeaderFields", "HeadersHook", "Message", "Overflow")}
add_module_names = False
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
# A name that can't be resolved is a mistake if it is meant to be one of ours.
nitpicky = True
nitpick_ignore_regex = [("py:.*", r"(?!websocketstream\.).*"), ("py:.*", r".*\._.*")]

html_theme = "furo"
html_title = project
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_favicon = html_logo = "../demo/icon.svg"
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#1f62ad", "color-brand-content": "#1f62ad"},
    "dark_css_variables": {"color-brand-primary": "#78b3f0", "color-brand-content": "#78b3f0"},
}
pygments_style = "friendly"
pygments_dark_style = "github-dark"

MADE_BY_THE_PACKAGE = (
    "websocketstream.ReadableStream",
    "websocketstream.WritableStream",
    "websocketstream.gateway.headers.Handshake",
    "websocketstream.support.NativeDefect",
    "websocketstream.support.Support",
    "websocketstream.testing.FakePeer",
)
"""Classes whose constructors are nobody else's business."""

log = logging.getLogger(__name__)
_SECTION = re.compile(r"^## (.*)\n((?:.|\n)*?)(?=^## |\Z)", re.MULTILINE)
_ENTRY = re.compile(r"^- \[([^\]]*)\]\(([^)]*)\)", re.MULTILINE)
_LINK = re.compile(r"^```.*?^```$|\[([^\]]*)\]\(([^()\s#:]+)\)", re.MULTILINE | re.DOTALL)
"""A link to a file; or a block of code, which may look like one."""
_ALIAS = re.compile(r"TypeAliasForwardRef\('(\w+)'\)")


def setup(app: Sphinx) -> None:
    app.connect("source-read", _contents)
    app.connect("source-read", _links)
    app.connect("html-page-context", _live)
    app.connect("autodoc-process-signature", _signature)
    app.connect("autodoc-process-docstring", _docstring, priority=400)  # before napoleon


def _contents(app: Sphinx, name: str, source: list[str]) -> None:
    """Make the navigation of the lists on the first page, which name every page but the libraries'."""
    if name == f"docs/{LIBRARIES.stem}":
        pages = [f"{LIBRARIES.stem}/{page.stem}" for page in library_pages()]
        source[0] += "\n".join(["", "```{toctree}", ":hidden:", *pages, "```"]) + "\n"
    if name == root_doc:
        for section in _SECTION.finditer(source[0]):
            entries = [f"{title} <{path}>" for title, path in _ENTRY.findall(section[2])]
            if entries:
                lines = ["", "```{toctree}", ":hidden:", f":caption: {section[1]}", *entries, "```"]
                source[0] += "\n".join(lines) + "\n"


def _links(app: Sphinx, name: str, source: list[str]) -> None:
    """Show the path instead of a link where that leads to what is no part of the site."""

    def replace(link: re.Match[str]) -> str:
        words, target = link.groups()
        if target is None:
            return link[0]
        file = (Path(app.srcdir, name).parent / target).resolve()
        if not (file.is_relative_to(ROOT) and file.exists()):
            log.warning("a link leads to %s, which does not exist", target, location=name)
            return link[0]
        if file.suffix in (".md", ".svg", ".png"):
            return link[0]
        path = file.relative_to(ROOT).as_posix()
        return words if words.strip("`") == path else f"{words} (`{path}`)"

    source[0] = _LINK.sub(replace, source[0])


def _live(app: Sphinx, name: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Let the examples of a page be run. Those of the libraries need servers of their own."""
    if not name.startswith(f"docs/{LIBRARIES.stem}"):
        app.add_js_file("live.js", type="module")


def _signature(
    app: Sphinx,
    what: str,
    name: str,
    found: object,
    options: object,
    arguments: str | None,
    result: str | None,
) -> tuple[str, str | None] | None:
    if name in MADE_BY_THE_PACKAGE:
        return "", None
    if arguments is None:
        return None
    # In unions, autodoc shows its own object instead of the alias.
    return _ALIAS.sub(r"\1", arguments), result and _ALIAS.sub(r"\1", result)


def _docstring(
    app: Sphinx, what: str, name: str, found: object, options: object, lines: list[str]
) -> None:
    if lines and lines[0].startswith("Alias for field number"):
        lines.clear()
    if what in ("attribute", "data", "property") and re.search(r"[\w`]: ", lines[0] if lines else ""):
        log.warning("%s: what stands before a colon in its first line is taken for its type", name)
