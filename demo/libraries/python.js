// Python in a worker: each run has a new one, which is started in advance.

let worker = null;
let started = null; // the last message of a worker that no run has used yet
let listener = null;

// Starts Python if it has not been started yet.
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

// Runs an example, and passes the worker's messages to the function. There is one run at a time.
export function run(request, receiveMessage) {
  listener = receiveMessage;
  prepare();
  listener(started ?? { kind: "step", step: "start", state: "running" });
  worker?.postMessage(request);
}

// Ends the run at once, and starts Python for the next one.
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
  const notify = listener;
  if (kind === "broken") {
    end();
  } else if (kind === "done" || kind === "failed") {
    stop();
  }
  notify(message);
}
