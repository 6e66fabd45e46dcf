// Runs examples for live.js: receives {code}, posts {kind, text, ms}. Pyodide is part of the site.

const started = start();

async function start() {
  const { loadPyodide } = await import("../pyodide/pyodide.mjs");
  const python = await loadPyodide();
  const problems = [];
  await python.loadPackage("websocketstream", {
    messageCallback: () => {},
    errorCallback: (message) => problems.push(message),
  });
  if (problems.length) {
    throw new Error(problems.join("\n"));
  }
  for (const [name, set] of [
    ["stdout", python.setStdout],
    ["stderr", python.setStderr],
  ]) {
    set({ batched: (line) => postMessage({ kind: name, text: `${line}\n` }) });
  }
  const response = await fetch(new URL("live.py", import.meta.url));
  python.runPython(await response.text(), { filename: "live.py" });
  return python.globals.get("run");
}

onmessage = async ({ data: { code } }) => {
  try {
    const run = await started;
    postMessage({ kind: "started" });
    const begin = performance.now();
    const result = await run(code);
    const [kind, text] = result.toJs();
    result.destroy();
    if (text) {
      postMessage({ kind: kind === "done" ? "result" : "stderr", text: `${text}\n` });
    }
    postMessage({ kind, ms: Math.round(performance.now() - begin) });
  } catch (error) {
    postMessage({ kind: "broken", text: `Python does not run: ${error?.message ?? error}\n` });
  }
};
