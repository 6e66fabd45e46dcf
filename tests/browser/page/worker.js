// A module worker that answers {id, boot} and {id, method, payload} with {id, result} or {id, error}.

import "./probe.js";
import { boot } from "./core.js";

let call;

onmessage = async ({ data }) => {
  const { id } = data;
  try {
    if (data.boot) {
      call = await boot(data.boot);
      postMessage({ id, result: null });
    } else {
      postMessage({ id, result: await call(data.method, data.payload) });
    }
  } catch (error) {
    postMessage({ id, error: `${error}\n${error?.stack ?? ""}` });
  }
};
