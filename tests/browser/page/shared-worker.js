// A shared worker, as a module, that answers calls.

import "./probe.js";
import { answerer } from "./calls.js";

const answer = answerer();

onconnect = ({ ports: [port] }) => {
  port.onmessage = ({ data }) => answer(data, (reply) => port.postMessage(reply));
};
