// The benchmark's page: `harness.call("sample", …)` takes one sample with one client, which is written
// in JavaScript or in Python; `harness.call("import", …)` imports a module that nobody has imported yet,
// and `harness.call("first", …)` imports a client and has one echo.

import { load } from "./core.js";
import { SAMPLES as LOOPS } from "./loops.js";
import { startPyScript } from "./pyscript.js";

const boot = async () => {
  const pyodide = await load("/harness/bundle.zip");
  globalThis.wasmHeapBytes = () => pyodide._module.HEAPU8.length;
  startPyScript(pyodide);
  return pyodide.pyimport("inpage.entry");
};

const ready = boot();

const answer = async (entry, method, { client, sample, ...options }) => {
  if (method === "import") {
    return entry.measure_import(options.module, options.folder);
  }
  if (client.startsWith("js-")) {
    return method === "first" ? LOOPS.first(client, options) : LOOPS[sample](client, options);
  }
  const taken =
    method === "first"
      ? await entry.first_message(client, options.url)
      : await entry.take(client, sample, JSON.stringify(options));
  return taken.toJs({ dict_converter: Object.fromEntries });
};

globalThis.harness = {
  ready,
  call: async (method, payload) => {
    try {
      const value = await answer(await ready, method, JSON.parse(payload));
      return JSON.stringify({ outcome: "passed", value });
    } catch (error) {
      return JSON.stringify({ outcome: "failed", text: String(error) });
    }
  },
};
