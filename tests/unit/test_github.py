"""The files that GitHub reads, and the tools that only its workflows run."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.browser.cells import FURTHER_PINS, further_versions, pyodide_versions
from tools import pin_pyodide, release, wheel
from tools.project import Problem

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
FORMS = sorted(
    set((GITHUB / "ISSUE_TEMPLATE").glob("*.yml")) - {GITHUB / "ISSUE_TEMPLATE" / "config.yml"}
)
PAGES = [ROOT / "SECURITY.md", ROOT / "docs" / "packaging.md", GITHUB / "PULL_REQUEST_TEMPLATE.md"]
TEXTS = [*sorted(GITHUB.rglob("*.yml")), *PAGES]

VERB = re.compile(r"\./build\.sh ([a-z]+)")
MODULE = re.compile(r"-m (tools\.\w+)")
LINK = re.compile(r"\]\(([^():#]+)\)")
FILE = re.compile(r"(?:(?:src|docs|tests|tools|\.ci)/[\w./-]*\w|\b[A-Z]+\.md\b|\bbuild\.sh\b)")
"""A path that starts with one of our folders, or a file of the root."""
PINNED = re.compile(r"[\w.-]+/[\w./-]+@(v\d+|release/v\d+|[0-9a-f]{40})")
OWN_WORKFLOW = "./.github/workflows/"


@cache
def read(path: Path) -> Any:
    """Return the YAML of a file."""
    return YAML(typ="safe").load(path.read_text())


def jobs() -> dict[str, dict[str, Any]]:
    """Return every job of every workflow, by the file's name and its own."""
    return {f"{path.name}:{name}": job for path in WORKFLOWS for name, job in read(path)["jobs"].items()}


def steps() -> list[dict[str, Any]]:
    """Return the steps of all jobs."""
    return [step for job in jobs().values() for step in job.get("steps", [])]


def by_name(paths: list[Path]) -> Any:
    """Parametrise a test by files."""
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.name)


@by_name(TEXTS)
def test_verbs_and_files_exist(path: Path) -> None:
    """Each verb of build.sh, module of tools, file and link that is mentioned exists."""
    text = path.read_text()
    verbs = set(re.findall(r"^        ([a-z]+)\)", (ROOT / "build.sh").read_text(), re.MULTILINE))
    assert "wheel" in verbs
    assert set(VERB.findall(text)) <= verbs
    for module in MODULE.findall(text):
        assert (ROOT / module.replace(".", "/")).with_suffix(".py").is_file(), module
    for file in FILE.findall(text):
        assert (ROOT / file).exists(), file
    for link in LINK.findall(text):
        assert (path.parent / link).exists(), link


@by_name(WORKFLOWS)
def test_workflows_may_only_read(path: Path) -> None:
    """A workflow's token can read the repository and nothing else, unless a job asks for more."""
    assert read(path)["permissions"] == {"contents": "read"}


def test_permissions_of_jobs() -> None:
    """Only the jobs that publish have further permissions."""
    further = {name: job["permissions"] for name, job in jobs().items() if "permissions" in job}
    assert further == {
        "docs.yml:deploy": {"pages": "write", "id-token": "write"},
        "release.yml:pypi": {"id-token": "write"},
        "release.yml:github": {"contents": "write"},
    }


def test_jobs_end() -> None:
    """Each job that runs steps has a time limit."""
    for name, job in jobs().items():
        assert "uses" in job or 0 < job["timeout-minutes"] <= 60, name


def test_actions_are_pinned() -> None:
    """Actions are pinned to a major version or a commit, and workflows that are called exist."""
    for used in [part["uses"] for part in (*jobs().values(), *steps()) if "uses" in part]:
        if used.startswith(OWN_WORKFLOW):
            assert "workflow_call" in read(ROOT / used)["on"]
        else:
            assert PINNED.fullmatch(used), used


def test_actions_agree() -> None:
    """All workflows use the same version of an action."""
    used = {step["uses"] for step in steps() if "uses" in step}
    assert len(used) == len({name.partition("@")[0] for name in used})


def test_checkouts_keep_no_token() -> None:
    """No later step finds the token in the clone."""
    checkouts = [step for step in steps() if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_commands_hold_no_expressions() -> None:
    """What a workflow is given reaches commands in variables, so that a shell never parses it."""
    assert not [step["run"] for step in steps() if "${{" in step.get("run", "")]


def test_everything_runs_for_each_change() -> None:
    """Pushes to main and pull requests run all tests."""
    ci = read(GITHUB / "workflows" / "ci.yml")
    assert {"push", "pull_request"} <= set(ci["on"])
    assert ".ci/run" in [step.get("run") for step in ci["jobs"]["test"]["steps"]]


def test_both_ends_are_tried_daily() -> None:
    """A schedule runs the tests with the oldest and the newest Pyodide."""
    daily = read(GITHUB / "workflows" / "daily.yml")
    (schedule,) = daily["on"]["schedule"]
    assert re.fullmatch(r"\d+ \d+ \* \* \*", schedule["cron"])
    assert daily["jobs"]["pyodide"]["strategy"]["matrix"] == {"end": ["lower", "upper"]}


def test_nothing_is_published_untested() -> None:
    """PyPI gets what was built once, after all tests, and GitHub gets it after PyPI."""
    workflow = read(GITHUB / "workflows" / "release.yml")
    assert workflow["jobs"]["test"]["uses"] == f"{OWN_WORKFLOW}ci.yml"
    assert workflow["jobs"]["pypi"]["needs"] == ["test", "build"]
    assert workflow["jobs"]["github"]["needs"] == "pypi"
    commands = [
        step.get("run", "") for job in workflow["jobs"].values() for step in job.get("steps", [])
    ]
    assert [command for command in commands if "./build.sh" in command] == ["./build.sh wheel"]


@by_name(FORMS)
def test_issue_forms(path: Path) -> None:
    """A form has unique fields, asks for support() and the log, and reminds people of their tokens."""
    form = read(path)
    assert {"name", "description", "body"} <= set(form)
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert len({field["id"] for field in fields}) == len(fields)
    assert {"program", "support", "environment"} <= {
        field["id"] for field in fields if field.get("validations", {}).get("required")
    }
    assert "websocketstream.support()" in path.read_text()
    (log,) = (field["attributes"]["description"] for field in fields if field["id"] == "log")
    assert 'getLogger("websocketstream")' in log and "remove tokens" in log


def test_dependabot_reads_the_pinned_files() -> None:
    """Dependabot looks into every folder that has pinned files, and into no other."""
    found = set()
    for update in read(GITHUB / "dependabot.yml")["updates"]:
        for folder in update.get("directories") or [update["directory"]]:
            found.add((update["package-ecosystem"], folder.strip("/") or "."))
    pip = {
        path.parent
        for path in (*ROOT.glob("requirements*.txt"), *ROOT.glob("tests/libraries/pins/*.txt"))
    }
    npm = {ROOT, FURTHER_PINS.parent}
    assert found == {
        ("github-actions", "."),
        *(("pip", str(folder.relative_to(ROOT))) for folder in pip),
        *(("npm", str(folder.relative_to(ROOT))) for folder in npm),
    }


def test_size_in_the_docs() -> None:
    """The documentation names the size that the build allows."""
    text = " ".join((ROOT / "docs" / "packaging.md").read_text().split())
    assert f"larger than {wheel.MAXIMUM_SIZE // 1024} KiB" in text


PACKAGE = '"""About."""\n\n__version__ = "1.2.0"\n'
CHANGELOG = """\
# Changelog

## 1.2.0 (2026-12-01)

### New

- This.

## 1.1.0 (2026-11-30)

### Fixed

- That.
"""


def test_release_notes() -> None:
    """A release's notes are its section of the changelog."""
    assert release.notes("v1.2.0", PACKAGE, CHANGELOG) == "### New\n\n- This."


@pytest.mark.parametrize("tag", ["v1.1.0", "1.2.0", "v1.2", "v1.2.0rc1"])
def test_other_tags_are_refused(tag: str) -> None:
    """A tag other than the version's makes no release."""
    with pytest.raises(Problem, match=r"does not belong to __version__, which is 1\.2\.0"):
        release.notes(tag, PACKAGE, CHANGELOG)


def test_release_needs_a_date() -> None:
    """A version whose section has no date is not released."""
    with pytest.raises(Problem, match=r"'unreleased' where the date of 1\.2\.0 should be"):
        release.notes("v1.2.0", PACKAGE, CHANGELOG.replace("2026-12-01", "unreleased"))


def test_release_needs_a_section() -> None:
    """A version that the changelog doesn't mention is not released."""
    with pytest.raises(Problem, match=r"no section '## 1\.2\.0 \(date\)'"):
        release.notes("v1.2.0", PACKAGE, CHANGELOG.replace("1.2.0", "1.2.1"))


def test_release_reads_our_files() -> None:
    """The version and the changelog's headings have the form that a release looks for."""
    package = (ROOT / "src" / "websocketstream" / "__init__.py").read_text()
    found = release.VERSION.search(package)
    assert found is not None
    versions = [
        version for version, _, _ in release.SECTION.findall((ROOT / "CHANGELOG.md").read_text())
    ]
    assert versions[0] == found[1]


def test_newest_pyodide() -> None:
    """Versions are compared by their numbers, and alphas count."""
    assert pin_pyodide.newest(["0.29.5", "314.0.7", "315.0.0-alpha.2", "0.9.0"]) == "315.0.0-alpha.2"


def test_oldest_pyodide(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The lower end is the oldest pinned version."""
    monkeypatch.setattr("sys.argv", ["pin_pyodide", "lower"])
    pin_pyodide.pin_pyodide()
    assert capsys.readouterr().out.strip() == further_versions()[-1]


def test_pinned_pyodide_is_not_pinned_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A newest version that has been pinned already is only printed."""
    monkeypatch.setattr("sys.argv", ["pin_pyodide", "upper"])
    monkeypatch.setattr(pin_pyodide, "on_npm", lambda: list(pyodide_versions()))
    monkeypatch.setattr(pin_pyodide, "pin", pytest.fail)
    pin_pyodide.pin_pyodide()
    assert capsys.readouterr().out.strip() == pyodide_versions()[0]
