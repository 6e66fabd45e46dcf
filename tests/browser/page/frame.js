// An iframe that answers the calls of the page around it.

// As a module: without an origin, the browser tells of no errors in a classic script.
import "./probe.js";
import { answerer } from "./calls.js";

const answer = answerer();

onmessage = ({ data, source }) => {
  // In WebKit, Pyodide's event loop posts messages to its own window.
  if (source === parent) {
    answer(data, (reply) => parent.postMessage(reply, "*"));
  }
};
parent.postMessage("loaded", "*");
