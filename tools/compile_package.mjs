// Compile the Python files below the second folder, with the Python of the Pyodide in the first one.
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [distribution, folder] = process.argv.slice(2).map((path) => resolve(path));
const { loadPyodide } = await import(pathToFileURL(`${distribution}/pyodide.mjs`));
const pyodide = await loadPyodide({ indexURL: `${distribution}/` });
pyodide.mountNodeFS("/package", folder);
// In the place of their sources, which are not beside them then, and the same bytes each time.
const done = pyodide.runPython(`
import compileall
from py_compile import PycInvalidationMode

compileall.compile_dir(
    "/package", quiet=1, legacy=True, stripdir="/package",
    invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
)
`);
process.exit(done ? 0 : 1);
