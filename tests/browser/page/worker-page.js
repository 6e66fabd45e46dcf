// The page's side of a worker: the same `harness.call`, carried out in worker.js.

const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
const pending = new Map();
let next = 0;

worker.onmessage = ({ data: { id, result, error } }) => {
  const { resolve, reject } = pending.get(id);
  pending.delete(id);
  error === undefined ? resolve(result) : reject(new Error(error));
};

const fail = (event) => {
  for (const { reject } of pending.values()) {
    reject(new Error(`the worker failed: ${event.message ?? event.type}`));
  }
  pending.clear();
};
worker.onmessageerror = fail;

const request = (message) =>
  new Promise((resolve, reject) => {
    const id = next++;
    pending.set(id, { resolve, reject });
    worker.postMessage({ id, ...message });
  });

// An error in a scenario reaches this event too, and is reported by the worker's own probe; only
// before the worker is ready does it mean that there will be no answer.
worker.onerror = fail;
const ready = request({ boot: "/harness/bundle.zip" });
ready.then(() => {
  worker.onerror = null;
});

globalThis.harness = {
  ready,
  terminate: () => worker.terminate(),
  call: async (method, payload) => {
    await ready;
    return request({ method, payload });
  },
};
