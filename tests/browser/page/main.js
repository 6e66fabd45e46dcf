// Runs scenarios on the page's own thread: `harness.call(method, payload)` for the test driver.

import { boot } from "./core.js";

const ready = boot("/harness/bundle.zip");
globalThis.harness = {
  ready,
  call: async (method, payload) => (await ready)(method, payload),
};
