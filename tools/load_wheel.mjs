// Load our wheel by its name from the Pyodide distribution in the given folder, and import it.
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const folder = resolve(process.argv[2]);
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`));
const pyodide = await loadPyodide({ indexURL: `${folder}/` });
await pyodide.loadPackage("websocketstream", { checkIntegrity: true });
pyodide.runPython("import websocketstream");
process.exit(0);
