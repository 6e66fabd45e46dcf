// An example on the page: its code, a button that runs it, and the result.

import { make } from "./dom.js";
import { Editor } from "./editor.js";
import * as python from "./python.js";

const STEPS = { start: "Start Python", install: "Install", import: "Import", run: "Run" };
const OUTCOMES = { running: "Running", done: "Done", failed: "Failed", stopped: "Stopped" };

let running = null;

export class Example {
  // The library is an entry of the catalog.
  constructor(library, label) {
    this.library = library;
    this.original = null;
    this.editor = new Editor(
      `${label}. Ctrl+Enter runs it`,
      () => (this.resetButton.hidden = this.editor.code === this.original),
      () => this.run(),
    );
    this.button = make("button", { type: "button", className: "main", disabled: true }, "Run");
    this.resetButton = make("button", { type: "button", className: "quiet", hidden: true }, "Undo changes");
    this.status = make("p", { className: "state", role: "status" });
    this.steps = make("ol", { className: "steps", hidden: true });
    this.output = make("div", { className: "log", role: "log", tabIndex: 0, ariaLabel: "Output", hidden: true });
    this.outcome = make("div", { className: "result", hidden: true });
    const bar = make("div", { className: "run-bar" }, this.button, this.status, this.resetButton);
    const parts = [this.editor.element, bar, this.steps, this.output, this.outcome];
    this.element = make("section", { className: "example", ariaLabel: label }, ...parts);
    this.button.addEventListener("click", () => (running === this ? this.stop() : this.run()));
    this.resetButton.addEventListener("click", () => this.reset());
    this.show("idle");
  }

  // Shows code that can't be run (yet).
  display(code) {
    this.editor.code = code.trimEnd();
  }

  // Shows code that contains the server's address and can be run.
  offer(code) {
    this.original = this.editor.code = code.trimEnd();
    this.editor.readOnly = this.button.disabled = false;
  }

  reset() {
    this.editor.code = this.original;
    this.resetButton.hidden = true;
  }

  // "idle", "running", "done", "failed" or "stopped"
  show(state) {
    this.element.dataset.state = state;
    this.button.textContent = state === "running" ? "Stop" : "Run";
    this.button.classList.toggle("stop", state === "running");
    const pill = make("span", { className: "pill" }, OUTCOMES[state] ?? "");
    pill.dataset.state = { running: "connecting", done: "open" }[state] ?? state;
    const words = state === "idle" ? "You can change the code. Ctrl+Enter also runs it." : pill;
    this.status.replaceChildren(words);
  }

  run() {
    if (this.button.disabled || running === this) {
      return;
    }
    running?.stop();
    running = this;
    this.editor.clearMarks();
    this.output.replaceChildren();
    this.outcome.replaceChildren();
    this.output.hidden = this.outcome.hidden = true;
    this.steps.replaceChildren(...Object.entries(STEPS).map(([name, title]) => step(name, title)));
    this.steps.hidden = false;
    this.show("running");
    const index = new URL(`simple/${this.library.group}`, location.href).href;
    const request = { library: this.library, index, code: this.editor.code };
    python.run(request, (message) => this[message.kind](message));
  }

  stop() {
    this.end("stopped");
    python.stop();
  }

  end(state) {
    running = null;
    for (const item of this.steps.querySelectorAll("[data-state=running]")) {
      item.dataset.state = state === "broken" ? "failed" : "waiting";
      item.querySelector(".seconds").textContent = "–";
    }
    this.show(state);
  }

  // The worker's messages, by kind.

  step({ step, state, seconds, note }) {
    const item = this.steps.querySelector(`[data-step=${step}]`);
    item.dataset.state = state;
    item.querySelector(".seconds").textContent = seconds === undefined ? "…" : duration(seconds);
    item.querySelector(".note").textContent = note ?? "";
  }

  print({ stream, text }) {
    this.output.hidden = false;
    this.output.append(make("div", { className: `from-${stream}` }, `${text}\n`));
    this.output.scrollTop = this.output.scrollHeight;
  }

  held({ line }) {
    this.editor.mark(line, "held");
  }

  done({ values }) {
    this.end("done");
    this.conclude(values);
  }

  failed({ text, line, values }) {
    this.end("failed");
    if (line) {
      this.editor.mark(line, "failed");
    }
    this.conclude(values, text);
  }

  broken({ text }) {
    this.end("failed");
    this.conclude([], `Python did not start. Reloading the page may help.\n\n${text}`);
  }

  conclude(values, trace) {
    if (trace) {
      this.outcome.append(make("pre", { className: "trace", tabIndex: 0, ariaLabel: "Traceback" }, trace));
    }
    if (values.length) {
      const rows = values.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value)));
      this.outcome.append(make("h3", {}, "Variables"), make("dl", { className: "values" }, ...rows));
    }
    this.outcome.hidden = !this.outcome.hasChildNodes();
  }
}

function step(name, title) {
  const parts = [make("span", {}, title), make("b", { className: "seconds" }, "–"), make("small", { className: "note" })];
  const item = make("li", {}, ...parts);
  item.dataset.step = name;
  item.dataset.state = "waiting";
  return item;
}

function duration(seconds) {
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`;
}
