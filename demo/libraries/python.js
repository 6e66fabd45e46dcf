// Python in a worker: a new one for each run, which starts ahead of it.

let worker = null;
let started = null; // what the worker has told before there was a run
let listener = null;

// Starts Python, unless it has been.
export function prepare() {
  if (worker) {
    return;
  }
  started = null;
  worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  worker.onmessage = ({ data }) => receive(data);
  worker.onerror = ({ message }) => {
    receive({ kind: "broken", text: message ?? "The worker could not be started." });
  };
}

// Runs an example; what the worker tells goes to the function. There is one run at a time.
export function run(request, receiveMessage) {
  listener = receiveMessage;
  prepare();
  listener(started ?? { kind: "step", step: "start", state: "running" });
  worker?.postMessage(request);
}

// Ends the run, whatever it is doing, and starts the next Python.
export function stop() {
  end();
  prepare();
}

function end() {
  worker?.terminate();
  worker = listener = null;
}

function receive(message) {
  const { kind } = message;
  if (!listener) {
    started = message;
    return;
  }
  const tell = listener;
  if (kind === "broken") {
    end();
  } else if (kind === "done" || kind === "failed") {
    stop();
  }
  tell(message);
}
