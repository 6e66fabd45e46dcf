// What PyScript's start-up gives to its own Python modules on the main thread, as far as importing
// them takes: `pyscript` is then the modules of @pyscript/core as they are.

export function startPyScript(pyodide) {
  pyodide.registerJsModule("polyscript", {
    config: {},
    js_modules: {},
    lazy_py_modules: () => {},
    storage: () => {},
    workers: {},
  });
  pyodide.registerJsModule("_pyscript", {
    PyWorker: () => {},
    interpreter: pyodide,
    js_import: () => {},
    target: "",
  });
}
