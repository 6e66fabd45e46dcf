// The page's side of a worker: the same `harness.call`, carried out in worker.js.

import { Caller } from "./calls.js";

const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
const caller = new Caller((message) => worker.postMessage(message));
worker.onmessage = ({ data }) => caller.receive(data);

const fail = (event) => caller.fail(`the worker failed: ${event.message ?? event.type}`);
worker.onmessageerror = fail;

// An error in a scenario reaches this event too, and is reported by the worker's own probe; only
// before the worker is ready does it mean that there will be no answer.
worker.onerror = fail;
caller.serve({ terminate: () => worker.terminate() }).then(() => {
  worker.onerror = null;
});
