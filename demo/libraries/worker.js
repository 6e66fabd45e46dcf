// Runs one example in its own Pyodide: receives {library, index, code}, and sends the messages of runner.py.
// Python starts at once, so that it may be ready when the example arrives.

const started = start();

async function start() {
  const begin = performance.now();
  const { loadPyodide, version } = await import("../pyodide/pyodide.mjs");
  const python = await loadPyodide();
  const problems = [];
  await python.loadPackage(["websocketstream", "micropip"], {
    messageCallback: () => {},
    errorCallback: (problem) => problems.push(problem),
  });
  if (problems.length) {
    throw new Error(problems.join("\n"));
  }
  for (const [stream, set] of [["stdout", python.setStdout], ["stderr", python.setStderr]]) {
    set({ batched: (line) => postMessage({ kind: "print", stream, text: line }) });
  }
  const response = await fetch(new URL("runner.py", import.meta.url));
  if (!response.ok) {
    throw new Error(`runner.py: ${response.status} ${response.statusText}`);
  }
  python.runPython(await response.text(), { filename: "runner.py" });
  const seconds = (performance.now() - begin) / 1000;
  postMessage({ kind: "step", step: "start", state: "done", seconds, note: `Pyodide ${version}` });
  return python.globals.get("run");
}

onmessage = async ({ data }) => {
  try {
    const run = await started;
    await run(JSON.stringify(data), (text) => postMessage(JSON.parse(text)));
  } catch (error) {
    postMessage({ kind: "broken", text: String(error?.message ?? error) });
  }
};

// Reported at once, and again by onmessage when an example is run.
started.catch((error) => postMessage({ kind: "broken", text: String(error?.message ?? error) }));
