// The two ends of a channel on which a page calls Python in another context. Messages are {id, boot} and
// {id, method, payload} there, {id, result} or {id, error} back.

import { boot } from "./core.js";

// Returns the function that answers a message; `preloaded` is as for boot().
export function answerer(preloaded) {
  let call;
  return async ({ id, ...request }, reply) => {
    try {
      if (request.boot) {
        call = await boot(request.boot, "/", preloaded);
        reply({ id, result: null });
      } else {
        reply({ id, result: await call(request.method, request.payload) });
      }
    } catch (error) {
      reply({ id, error: `${error}\n${error?.stack ?? ""}` });
    }
  };
}

// Sends requests by `post`; the answers have to be given to `receive`.
export class Caller {
  #pending = new Map();
  #next = 0;

  constructor(post) {
    this.post = post;
  }

  request(message) {
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      this.#pending.set(id, { resolve, reject });
      this.post({ id, ...message });
    });
  }

  receive({ id, result, error }) {
    const { resolve, reject } = this.#pending.get(id);
    this.#pending.delete(id);
    error === undefined ? resolve(result) : reject(new Error(error));
  }

  // Rejects everything that waits for an answer.
  fail(reason) {
    for (const { reject } of this.#pending.values()) {
      reject(new Error(reason));
    }
    this.#pending.clear();
  }

  // Starts Python there, and sets `globalThis.harness`.
  serve(more = {}) {
    const ready = this.request({ boot: "/harness/bundle.zip" });
    globalThis.harness = {
      ready,
      ...more,
      call: async (method, payload) => {
        await ready;
        return this.request({ method, payload });
      },
    };
    return ready;
  }
}
