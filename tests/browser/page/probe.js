// Records what a developer would see in the console. Must run before anything else.
//
// `harnessProbe.records` holds [kind, text] pairs. `harnessProbe.fence()` resolves when every
// promise rejection before it has been reported: it rejects a promise of its own and waits for the
// event, which the browser fires in order.

{
  const LIMIT = 200;
  const records = [];
  const fences = new Map();

  const describe = (value) => {
    if (value instanceof Error) {
      const head = `${value.name}: ${value.message}`;
      const stack = value.stack ?? "";
      return stack.includes(value.message) ? stack : `${head}\n${stack}`;
    }
    try {
      return typeof value === "object" ? `${value} ${JSON.stringify(value)}` : String(value);
    } catch {
      return Object.prototype.toString.call(value);
    }
  };

  const note = (kind, text) => {
    if (records.length < LIMIT) {
      records.push([kind, text]);
    }
  };

  for (const level of ["error", "warn"]) {
    const original = console[level];
    console[level] = (...values) => {
      note(`console.${level}`, values.map(describe).join(" "));
      original.apply(console, values);
    };
  }

  // Returns whether it was the rejection of a fence.
  const rejected = (reason) => {
    const resolve = fences.get(reason);
    if (resolve) {
      fences.delete(reason);
      resolve();
    } else {
      note("unhandledrejection", describe(reason));
    }
    return Boolean(resolve);
  };

  if (globalThis.process?.on) {
    // Node, Bun and Deno have no page whose events could tell.
    process.on("uncaughtException", (error) => note("error event", describe(error)));
    process.on("unhandledRejection", rejected);
  } else {
    addEventListener("error", (event) => {
      note("error event", event.error ? describe(event.error) : `${event.message}`);
    });
    addEventListener("unhandledrejection", (event) => {
      if (rejected(event.reason)) {
        event.preventDefault();
      }
    });
  }

  globalThis.harnessProbe = {
    note,
    take: () => records.splice(0),
    fence: () =>
      new Promise((resolve) => {
        const token = Symbol("fence");
        fences.set(token, resolve);
        Promise.reject(token);
      }),
  };
}
