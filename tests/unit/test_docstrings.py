"""Docstrings: every public name has one, and they say what a reader wants to know first."""

import ast
import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from tests.browser.examples import docstring_blocks

SOURCE = Path(__file__).parents[2] / "src" / "websocketstream"
PUBLIC = (
    "websocketstream",
    "websocketstream.diagnosis",
    "websocketstream.sync",
    "websocketstream.testing",
    "websocketstream.gateway.headers",
)
RIDDLE = re.compile(r"\s*(What|Which|How|Whether|Who)\b")


def exported() -> dict[str, Any]:
    """The classes and functions that the public modules export, by their full names."""
    return {
        f"{module}.{name}": found
        for module in PUBLIC
        for name in import_module(module).__all__
        if isinstance(found := getattr(import_module(module), name), type | FunctionType)
    }


def members(cls: type) -> Iterator[tuple[str, Any]]:
    """The public methods and properties of a class, without those that NamedTuple makes."""
    for name, member in vars(cls).items():
        if name[0] != "_" and isinstance(member, FunctionType | property | classmethod | staticmethod):
            yield name, member


@pytest.mark.parametrize("file", sorted(str(path.relative_to(SOURCE)) for path in SOURCE.rglob("*.py")))
def test_summaries_are_no_questions(file: str) -> None:
    """No docstring begins with What, Which, How, Whether or Who, not even that of an attribute."""
    riddles = [
        f"{node.lineno}: {text}"
        for node in ast.walk(ast.parse((SOURCE / file).read_text(encoding="utf-8")))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if RIDDLE.match(text := str(node.value.value))
    ]
    assert riddles == []


@pytest.mark.parametrize("name", exported())
def test_public_names_have_docstrings(name: str) -> None:
    """Each exported class and function has a docstring, and so has each public member of a class."""
    found = exported()[name]
    assert found.__doc__, f"{name} has no docstring"
    if isinstance(found, type):
        without = [member for member, value in members(found) if not inspect.getdoc(value)]
        assert without == []


@pytest.mark.parametrize("name", exported())
def test_public_names_have_examples(name: str) -> None:
    """Each exported class and function has an example; tests/browser/test_docs.py runs them."""
    docstring = inspect.cleandoc(exported()[name].__doc__)
    assert list(docstring_blocks(repr(docstring))), f"{name} has no example"
