// Opens the context that the query of the page's URL names, and calls Python in there.

import { Caller } from "./calls.js";

const fail = (error) => caller.fail(`${error.message ?? error.type ?? error}`);

const contexts = {
  "shared-worker": (receive) => {
    const worker = new SharedWorker("shared-worker.js", { type: "module" });
    worker.onerror = fail;
    worker.port.onmessage = ({ data }) => receive(data);
    return (message) => worker.port.postMessage(message);
  },
  "service-worker": async (receive) => {
    navigator.serviceWorker.onmessage = ({ data }) => receive(data);
    navigator.serviceWorker.startMessages();
    const registration = await navigator.serviceWorker.register("service-worker.js", { type: "module" });
    const worker = registration.active ?? registration.waiting ?? registration.installing;
    worker.onstatechange = () => worker.state === "redundant" && fail("it could not be installed");
    while (worker.state !== "activated") {
      await new Promise((resolve) => worker.addEventListener("statechange", resolve, { once: true }));
    }
    return (message) => worker.postMessage(message);
  },
  "sandboxed-frame": (receive) => frame(receive, "frame.html", { sandbox: "allow-scripts" }),
  "cross-origin-frame": (receive) => {
    const url = new URL("frame.html", location);
    url.hostname = "localhost";
    return frame(receive, url);
  },
};

function frame(receive, url, attributes = {}) {
  const element = document.createElement("iframe");
  Object.assign(element, attributes);
  element.src = url;
  return new Promise((resolve) => {
    addEventListener("message", ({ data, source }) => {
      if (source === element.contentWindow) {
        data === "loaded" ? resolve(post) : receive(data);
      }
    });
    const post = (message) => element.contentWindow.postMessage(message, "*");
    document.body.append(element);
  });
}

const post = Promise.resolve().then(() => contexts[location.search.slice(1)]((reply) => caller.receive(reply)));
const caller = new Caller((message) => post.then((send) => send(message)));
post.catch(fail);
caller.serve().catch(() => {});
