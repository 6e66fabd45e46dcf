// What page and worker have in common: load Pyodide and the code, then serve calls into Python.

const probe = globalThis.harnessProbe;

// Starts Pyodide with the package and the bundle in it, and nothing that would slow it down. Pyodide lies in
// the folder that `indexURL` names: the page's root, unless a runtime without pages says otherwise.
// `preloaded` has `loadPyodide` and `createPyodideModule` where nothing can be imported any more.
export async function load(bundleUrl, indexURL = "/", preloaded = undefined) {
  const { loadPyodide, createPyodideModule } = preloaded ?? (await import(`${indexURL}pyodide.mjs`));
  const pyodide = await loadPyodide({
    indexURL,
    createPyodideModule,
    stdout: (line) => probe.note("stdout", line),
    stderr: (line) => probe.note("stderr", line),
  });

  const problems = [];
  await pyodide.loadPackage("websocketstream", {
    checkIntegrity: true,
    messageCallback: () => {},
    errorCallback: (message) => problems.push(message),
  });
  if (problems.length) {
    throw new Error(problems.join("\n"));
  }
  const response = await fetch(bundleUrl);
  if (!response.ok) {
    throw new Error(`${bundleUrl}: ${response.status} ${await response.text()}`);
  }
  pyodide.unpackArchive(await response.arrayBuffer(), "zip", { extractDir: "/bundle" });
  pyodide.runPython("import sys; sys.path.insert(0, '/bundle')");
  return pyodide;
}

// Resolves with a function (method, payload) -> Promise<string> into Python.
export async function boot(bundleUrl, indexURL, preloaded) {
  const pyodide = await load(bundleUrl, indexURL, preloaded);

  // From here on every proxy of a Python object is recorded with the stack that made it.
  pyodide._module.enable_pyproxy_allocation_tracing();
  probe.proxies = proxyWatch(pyodide._module.pyproxy_alloc_map);
  // How many JavaScript objects are kept alive because Python has a JsProxy of them.
  probe.heldObjects = () => pyodide._module.hiwire.num_keys();

  const entry = pyodide.pyimport("inpage.entry");
  const serve = entry.serve;
  return (method, payload) => new Promise((resolve) => serve(method, payload, resolve));
}

// Tells which proxies were made since the last mark and are still alive. Pyodide's map holds them
// strongly, so that "alive" means "nobody destroyed it", not "the collector has not run yet".
function proxyWatch(allocated) {
  let known = new Set();
  const fresh = () => [...allocated.keys()].filter((proxy) => !known.has(proxy));
  return {
    mark: () => {
      known = new Set(allocated.keys());
    },
    count: () => fresh().length,
    // The stack says who made a proxy if that was JavaScript; Pyodide's own frames say nothing.
    describe: () =>
      fresh()
        .map((proxy) => {
          const frames = allocated.get(proxy).split("\n").slice(1);
          const callers = frames.filter((frame) => !frame.includes("pyodide.asm"));
          return [String(proxy).slice(0, 200), ...callers.slice(0, 3)].join("\n");
        })
        .join("\n"),
  };
}
