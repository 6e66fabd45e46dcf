"""What is published: its types as seen from outside, the recipe for Pyodide, and the compiled wheels."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
from pyodide_build.recipe.spec import MetaConfig
from pyodide_lock import PyodideLockSpec

from tests.browser import bundle, webserver
from tests.browser.cells import DISTRIBUTIONS, ROOT, PageSpec, pyodide_versions
from tests.browser.engines import missing
from tests.browser.expectations import judge
from tests.browser.pages import Page
from tests.browser.plugin import SELECTION
from tests.browser.runtimes import INSTALLED
from tests.server import ThreadedServer
from tools import compiled, distributions, recipe
from tools.wheel import find

from .test_runtimes import QUICK

CONSUMER = Path(__file__).with_name("consumer.py")
NEWEST = pyodide_versions()[0]

pytestmark = pytest.mark.xdist_group("packaging")


def run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> str:
    """Run a command; return what it printed, or fail with it."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment that has the wheel and nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    python = folder / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", find())
    return folder


def test_types_of_the_installed_package(installed: Path, tmp_path: Path) -> None:
    """A program that uses the package is checked strictly, and every type is the one that it expects."""
    shutil.copy(CONSUMER, tmp_path)
    options = ["--strict", "--config-file", "", "--cache-dir", str(tmp_path / "cache")]
    python = ["--python-executable", str(installed / "bin" / "python")]
    run(sys.executable, "-m", "mypy", *options, *python, CONSUMER.name, cwd=tmp_path, MYPYPATH="")


def test_types_are_complete(installed: Path, tmp_path: Path) -> None:
    """Every public name has a type that all type checkers see alike."""
    # This part of pyright looks for packages of the Python on the PATH only.
    path = f"{installed / 'bin'}{os.pathsep}{os.environ['PATH']}"
    pyright = INSTALLED / "pyright" / "index.js"
    options = ["--verifytypes", "websocketstream", "--ignoreexternal", "--outputjson"]
    report = json.loads(run("node", pyright, *options, cwd=tmp_path, PATH=path))
    found = report["typeCompleteness"]
    assert found["packageName"] == "websocketstream"
    assert found["exportedSymbolCounts"]["withKnownType"] > 400
    assert found["completenessScore"] == 1


def test_recipe_is_valid(tmp_path: Path) -> None:
    """pyodide-build takes the recipe as it is, and it tells of the wheel that was built."""
    wheel = find()
    folder = recipe.write(f"https://example.com/{wheel.name}", wheel, tmp_path)
    read = MetaConfig.from_yaml(folder / "meta.yaml")
    assert read.package.name == "websocketstream"
    assert wheel.name.startswith(f"websocketstream-{read.package.version}-")
    assert read.source.sha256 == hashlib.sha256(wheel.read_bytes()).hexdigest()
    assert "websocketstream" in read.test.imports


MAKEFILE = """\
export PYODIDE_VERSION ?= {version}
export PYODIDE_ABI_VERSION ?= {info.abi_version}
export PYODIDE_EMSCRIPTEN_VERSION ?= {emscripten}
export PYVERSION ?= {info.python}
export PYMAJOR = {major}
export PYMINOR = {minor}
export PLATFORM_TRIPLET = wasm32-emscripten
export TARGETINSTALLDIR = none
export HOSTINSTALLDIR = none
export SIDE_MODULE_CFLAGS =
export SIDE_MODULE_CXXFLAGS =
export SIDE_MODULE_LDFLAGS =
.output_vars:
\tset
"""
"""As much of Pyodide's own build environment as a wheel that is built already needs."""


def test_recipe_makes_a_distribution(engine: str, tmp_path: Path) -> None:
    """pyodide-build makes package and lock file of the recipe, whose own test passes in a browser."""
    if not shutil.which("make"):
        pytest.skip("pyodide-build needs make, which is not on the PATH")
    source, target = DISTRIBUTIONS / NEWEST, tmp_path / "distribution"
    info = PyodideLockSpec.from_json(source / distributions.LOCK).info
    major, minor, _ = info.python.split(".")
    root = tmp_path / "root"
    root.mkdir()
    emscripten = info.platform.removeprefix("emscripten_").replace("_", ".")
    (root / "Makefile.envs").write_text(
        MAKEFILE.format(version=NEWEST, info=info, major=major, minor=minor, emscripten=emscripten)
    )
    recipes = tmp_path / "recipes"
    with webserver.serve(find().parent, bundle.make) as port:
        folder = recipe.write(f"http://127.0.0.1:{port}/{find().name}", find(), recipes)
        options = ["--recipe-dir", recipes, "--build-dir", tmp_path / "build", "--n-jobs", "1"]
        options += ["--install", "--install-dir", target, "--skip-emscripten-install"]
        command = (sys.executable, "-m", "pyodide_cli", "build-recipes", "websocketstream")
        # It starts itself again, by its name.
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        run(*command, *map(str, options), PYODIDE_ROOT=str(root), HOME=str(tmp_path), PATH=path)
    for pattern in distributions.CORE:
        for file in source.glob(pattern):
            (target / file.name).symlink_to(file)
    runtime = "chrome" if engine == "chromium" else engine
    plugins = ["-p", "no:cacheprovider", "-p", "tests.browser.plugin", "-p", "tests.browser.conftest"]
    where = ["--rt", runtime, "--dist-dir", str(target), "--rootdir", str(ROOT)]
    printed = run(sys.executable, "-m", "pytest", *plugins, *where, folder)
    assert "2 passed" in printed


def test_compiled_wheel(engine: str, ws_server: ThreadedServer, tmp_path: Path) -> None:
    """The compiled package is loaded by its name through a lock file, and keeps the quick promises."""
    wheel = compiled.path(find(), NEWEST)
    for file in (*(DISTRIBUTIONS / NEWEST).iterdir(), wheel):
        if file.name != distributions.LOCK:
            (tmp_path / file.name).symlink_to(file)
    # pyodide-lock takes no wheel for one version of Python; what is in it, it knows from the plain one.
    lock = PyodideLockSpec.from_json(DISTRIBUTIONS / NEWEST / distributions.LOCK)
    entry = lock.packages["websocketstream"]
    entry.file_name, entry.sha256 = wheel.name, hashlib.sha256(wheel.read_bytes()).hexdigest()
    lock.to_json(tmp_path / distributions.LOCK)
    with webserver.serve(tmp_path, bundle.make) as port:
        page = Page(PageSpec(engine, "main", NEWEST), port)
        try:
            origin = page.run_async("import websocketstream\nwebsocketstream._core.connection.__file__")
            assert origin.endswith("/_core/connection.pyc")
            for cell in page.spec.cells:
                for scenario in QUICK:
                    judge(scenario, cell, page.run_scenario(scenario.name, cell, ws_server.url))
        finally:
            page.close()


def test_compiled_wheels_are_complete() -> None:
    """There is one for each Pyodide that is served, with all modules and none of their sources."""

    def packed(wheel: Path) -> set[str]:
        with ZipFile(wheel) as archive:
            return {name for name in archive.namelist() if name.startswith("websocketstream/")}

    modules = {f"{name}c" if name.endswith(".py") else name for name in packed(find())}
    for version in pyodide_versions():
        assert packed(compiled.path(find(), version)) == modules


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One engine that is there: between them it makes no difference how a package was packed."""
    if "engine" in metafunc.fixturenames:
        pages = metafunc.config.stash[SELECTION].pages()
        engines = [page.engine for page in pages if page.engine not in missing()]
        metafunc.parametrize("engine", engines[:1])
