// Starts Python and calls app/main.py. The rest of this page is written in Python.

const loading = document.getElementById("loading");
const steps = ["Starting Python", "Installing websocketstream", "Unpacking the page", "Starting the page"];

function step(number) {
  loading.textContent = `${steps[number]} (${number + 1} of ${steps.length})`;
}

// uPlot does not load if the browser's language is not valid, such as "C" in WebKitGTK.
function ensureLanguage() {
  try {
    Intl.getCanonicalLocales(navigator.language);
  } catch {
    Object.defineProperty(navigator, "language", { value: "en" });
  }
}

async function start() {
  step(0);
  ensureLanguage();
  const [{ loadPyodide }, uplot] = await Promise.all([
    import("./pyodide/pyodide.mjs"),
    import("./uplot/uPlot.esm.js"),
  ]);
  const python = await loadPyodide();
  python.registerJsModule("uplot", uplot);

  step(1);
  const problems = [];
  await python.loadPackage("websocketstream", {
    messageCallback: () => {},
    errorCallback: (message) => problems.push(message),
  });
  if (problems.length) {
    throw new Error(problems.join("\n"));
  }

  step(2);
  const response = await fetch("python.zip");
  if (!response.ok) {
    throw new Error(`python.zip: ${response.status} ${response.statusText}`);
  }
  python.unpackArchive(await response.arrayBuffer(), "zip", { extractDir: "/page" });
  python.runPython("import sys; sys.path.insert(0, '/page')");

  step(3);
  const main = python.pyimport("app.main");
  const run = main.start;
  await run();
  run.destroy();
  main.destroy();
}

function fail(error) {
  console.error(error);
  loading.textContent = "Not started";
  loading.classList.add("failed");
  document.getElementById("progress").hidden = true;
  const problem = document.getElementById("problem");
  const title = document.createElement("strong");
  title.textContent = "The page could not start. ";
  const text = document.createElement("pre");
  text.textContent = String(error?.message ?? error);
  problem.replaceChildren(title, "Reloading may help. The error was:", text);
  problem.hidden = false;
  if (new URLSearchParams(location.search).has("selftest")) {
    const row = { scenario: "start", backend: "", outcome: "failed", reason: String(error), ms: 0 };
    window.selftestReport = { rows: [row], passed: 0, failed: 1, skipped: 0 };
    document.documentElement.dataset.selftest = "failed";
  }
}

start().catch(fail);
