// A service worker, as a module, that answers calls. It may not import() anything later.

import "./probe.js";
import { loadPyodide } from "/pyodide.mjs";
import createPyodideModule from "/pyodide.asm.mjs";
import { answerer } from "./calls.js";

const answer = answerer({ loadPyodide, createPyodideModule });

oninstall = () => skipWaiting();
// The browser ends a service worker that has nothing to wait for.
onmessage = (event) => {
  event.waitUntil(answer(event.data, (reply) => event.source.postMessage(reply)));
};
