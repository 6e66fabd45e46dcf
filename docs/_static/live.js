// Adds a Run button to each Python example of the page. The code can be edited; its output appears below.
//
// Python runs in a worker, which the first click starts and Stop terminates. wss://example.com in the examples
// is replaced by a server with the routes of the project's test server. That is, in this order: the address
// entered on this page, ?server=, the address entered on another page, the one in this site's config.json, or
// this origin.

const PLACEHOLDER = "wss://example.com";
const ROOT = new URL("..", import.meta.url);
const KEY = "websocketstream-examples-server";
const PROBE_LIMIT = 5000;

let worker = null;
let running = null;
let entered = null;
let serverThatAnswers = null;

const make = (tag, properties, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

class Example {
  constructor(block) {
    this.code = block.querySelector("pre");
    this.original = this.code.innerHTML;
    this.button = make("button", { type: "button", className: "live-run", textContent: "Run" });
    this.resetButton = make("button", { type: "button", textContent: "Reset", hidden: true });
    this.status = make("span", { className: "live-status" });
    this.status.setAttribute("role", "status");
    this.output = make("pre", { className: "live-output", hidden: true });
    this.output.setAttribute("aria-label", "Output");
    this.output.tabIndex = 0;
    this.notice = make("div", { className: "live-notice", hidden: true });
    const bar = make("div", { className: "live-bar" }, this.button, this.resetButton, this.status);
    block.classList.add("live");
    block.append(bar, this.notice, this.output);
    this.block = block;
    this.setState("idle");

    this.button.addEventListener("click", () => (running === this ? this.stop() : this.run()));
    this.resetButton.addEventListener("click", () => this.reset());
    this.makeEditable();
  }

  makeEditable() {
    try {
      this.code.contentEditable = "plaintext-only";
    } catch {
      return; // an older browser: the code can be run, but not edited
    }
    this.code.spellcheck = false;
    this.code.setAttribute("role", "textbox");
    this.code.setAttribute("aria-multiline", "true");
    this.code.setAttribute("aria-label", "Example, can be edited; Ctrl+Enter runs it");
    this.code.addEventListener("input", () => (this.resetButton.hidden = false));
    this.code.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        this.run();
      }
    });
  }

  reset() {
    this.code.innerHTML = this.original;
    this.resetButton.hidden = true;
  }

  // "idle", "starting", "running", "done", "failed", "stopped" or "no-server"
  setState(state, text = "") {
    this.block.dataset.state = state;
    this.status.textContent = text;
    this.button.textContent = state === "starting" || state === "running" ? "Stop" : "Run";
  }

  print(kind, text) {
    this.output.hidden = false;
    this.output.append(make("span", { className: `live-${kind}`, textContent: text }));
  }

  async run() {
    if (running) {
      return;
    }
    running = this;
    document.documentElement.classList.add("live-busy");
    this.output.replaceChildren();
    this.output.hidden = this.notice.hidden = true;
    const code = this.code.innerText; // unlike textContent, it has the line breaks that were typed
    this.setState("starting", worker ? "" : "Starting Python (once per page)");
    let server = PLACEHOLDER;
    if (code.includes(PLACEHOLDER) && !code.includes("FakeBackend")) {
      server = await findServer();
      if (running !== this) {
        return; // stopped in the meantime
      }
      if (!(await answers(server))) {
        this.askForServer(server);
        this.end("no-server");
        return;
      }
    }
    if (running === this) {
      start(this);
      worker.postMessage({ code: code.replaceAll(PLACEHOLDER, server) });
    }
  }

  receive({ kind, text, ms }) {
    if (kind === "started") {
      this.setState("running", "Running");
    } else if (kind === "done" || kind === "failed") {
      const silent = kind === "done" && this.output.hidden;
      this.end(kind, `${silent ? "Done without output" : kind === "done" ? "Done" : "Failed"} in ${ms} ms`);
    } else if (kind === "broken") {
      worker?.terminate();
      worker = null;
      this.print("stderr", text);
      this.end("failed", "");
    } else {
      this.print(kind, text);
    }
  }

  end(state, text) {
    running = null;
    document.documentElement.classList.remove("live-busy");
    this.setState(state, text);
  }

  stop() {
    worker?.terminate();
    worker = null;
    this.end("stopped", "Stopped");
  }

  askForServer(server) {
    const input = make("input", { type: "url", value: server, required: true });
    input.setAttribute("aria-label", "The server of the examples");
    const form = make("form", {}, input, make("button", { type: "submit", textContent: "Use and run" }));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      entered = input.value;
      sessionStorage.setItem(KEY, entered);
      this.run();
    });
    const text = `This example needs a server, but none answers at ${server}. In the repository, `;
    const command = make("code", { textContent: "./build.sh docs --serve" });
    this.notice.replaceChildren(make("p", {}, text, command, " serves these pages together with one."), form);
    this.notice.hidden = false;
  }
}

function start(example) {
  if (!worker) {
    worker = new Worker(new URL("live-worker.js", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }) => running?.receive(data);
    worker.onerror = ({ message }) =>
      running?.receive({ kind: "broken", text: `${message ?? "The worker could not be started."}\n` });
  } else {
    example.setState("running", "Running");
  }
}

async function findServer() {
  const query = new URLSearchParams(location.search);
  const named = entered ?? query.get("server") ?? sessionStorage.getItem(KEY);
  if (named) {
    return named.replace(/\/$/, "");
  }
  try {
    const response = await fetch(new URL("config.json", ROOT));
    if (response.ok) {
      return (await response.json()).ws;
    }
  } catch {
    // not served by ./build.sh docs: guess
  }
  return location.origin.replace(/^http/, "ws");
}

// Returns true if the server accepts a WebSocket. The last server that did is not tried again.
function answers(server) {
  if (server === serverThatAnswers) {
    return true;
  }
  return new Promise((resolve) => {
    let socket;
    try {
      socket = new WebSocket(`${server}/echo`);
    } catch {
      resolve(false);
      return;
    }
    const timer = setTimeout(() => socket.close(), PROBE_LIMIT);
    const settle = (open) => {
      clearTimeout(timer);
      serverThatAnswers = open ? server : null;
      resolve(open);
      socket.close();
    };
    socket.onopen = () => settle(true);
    socket.onerror = socket.onclose = () => settle(false);
  });
}

for (const block of document.querySelectorAll("div.highlight-python")) {
  new Example(block);
}
