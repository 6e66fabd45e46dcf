// A module worker that answers calls.

import "./probe.js";
import { answerer } from "./calls.js";

const answer = answerer();

onmessage = ({ data }) => answer(data, (reply) => postMessage(reply));
