#!/usr/bin/env bash
# The one entry to this repository. Here stands what each verb is made of; the work itself is in
# tools/, one module per step.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
    cat <<'HELP'
usage: ./build.sh VERB [OPTION...]

  setup    install the pinned tools, two Pyodides and, where allowed, browsers and servers
  wheel    build and check the sdist and the wheels, and let Pyodide find the wheel
  recipe   write the recipe for Pyodide's distribution: recipe URL-OF-THE-PUBLISHED-WHEEL
  demo     serve the demo with its own server; --check tries it in every browser there is
  docs     build the documentation's site; --serve shows it with examples that run
  notebook build the JupyterLite site with the example notebook, and serve it
  test     run everything: lint, types and all tests; options go to pytest
  matrix   run the browser tests and write their table; options go to pytest
  bench    measure, compared with JavaScript and other clients; --help lists the options
  stress   load and faults for hours, with tables; --short for minutes; options go to pytest
  lint     check style: ruff, shellcheck
  types    check types: mypy --strict
  clean    remove what the other verbs made
  help     print this

Each verb does the set-up that it needs. Nothing is done twice that did not change.
HELP
}

# The newest Python on the PATH or in pyenv.
find_python() {
    local python
    for python in python3.14 python3.13 python3.12 python3 \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.{14,13,12}*/bin/python3; do
        if "$python" -c 'import sys; assert sys.version_info >= (3, 12)' 2>/dev/null; then
            "$python" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    echo "error: Python 3.12 or newer is needed, but neither the PATH nor pyenv has one" >&2
    return 1
}

python() { .build/venv/bin/python "$@"; }
tool() { python -m "tools.$1" "${@:2}"; }

# No && between these: it would switch off `set -e` inside of them.
setup() { "$HOST_PYTHON" -m tools.setup; }
wheel() { setup; tool wheel; }
browsers() { tool browsers --require; }
environments() { tool environments; }
servers() { tool servers; }
types() { python -m mypy; }

# Three at a time, because many tests wait. The pure core is covered by unit tests to the last branch.
tests() {
    local everything=()
    (($#)) || everything=(--cov --cov-fail-under=100)
    python -m pytest --numprocesses 3 --dist loadgroup "${everything[@]}" "$@"
}
lint() {
    python -m ruff check
    python -m ruff format --check
    .build/venv/bin/shellcheck build.sh .ci/run
}

main() {
    local verb=${1:-help}
    shift || true
    case $verb in
        setup) setup; tool browsers; servers ;;
        wheel) wheel ;;
        recipe) wheel; tool recipe "$@" ;;
        demo) wheel; tool demo "$@" ;;
        docs) wheel; tool docs "$@" ;;
        notebook) wheel; tool notebook ;;
        test) wheel; browsers; environments; servers; lint; types; tests "$@" ;;
        matrix) wheel; browsers; environments; servers; tool matrix "$@" ;;
        bench) wheel; browsers; python -m bench "$@" ;;
        stress) wheel; browsers; tool stress "$@" ;;
        lint) setup; lint ;;
        types) setup; types ;;
        clean) rm -rf .build dist node_modules .*_cache ;;
        help | -h | --help) usage ;;
        *) usage >&2; exit 2 ;;
    esac
}

# Everything runs below a supervisor, which ends what a verb left behind or what was interrupted.
if [[ -z ${HOST_PYTHON:-} && ${1:-help} =~ ^(setup|wheel|recipe|demo|docs|notebook|test|matrix|bench|stress|lint|types)$ ]]; then
    HOST_PYTHON=$(find_python)
    export HOST_PYTHON
    exec "$HOST_PYTHON" -m tools.supervise "$0" "$@"
fi
main "$@"
