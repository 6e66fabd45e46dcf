// An editor for short Python programs: a transparent text area on top of the same text in colours.

import { make } from "./dom.js";

const KEYWORDS =
  "False|None|True|and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for|" +
  "from|global|if|import|in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|with|yield";
const STRING =
  "\\b[rbfRBF]{0,2}(?:\"\"\"[^]*?(?:\"\"\"|$)|'''[^]*?(?:'''|$)|\"(?:\\\\.|[^\"\\\\\\n])*\"?|'(?:\\\\.|[^'\\\\\\n])*'?)";
const TOKEN = new RegExp(`(?<q>#.*)|(?<i>${STRING.replace("\\b", "(?<!\\w)")})|(?<b>\\b(?:${KEYWORDS})\\b)`, "g");

export class Editor {
  // Calls onInput when the user changes the code, and onRun for Ctrl+Enter.
  constructor(label, onInput, onRun) {
    this.text = make("textarea", { spellcheck: false, wrap: "off", autocapitalize: "none", readOnly: true });
    this.text.setAttribute("aria-label", label);
    this.text.setAttribute("autocorrect", "off");
    this.colours = make("pre", { ariaHidden: "true" });
    this.gutter = make("div", { className: "gutter", ariaHidden: "true" });
    this.wrong = make("div", { className: "wrong", hidden: true });
    const code = make("div", { className: "editor-code" }, this.colours, this.text);
    this.element = make("div", { className: "editor" }, this.wrong, this.gutter, code);
    this.text.addEventListener("input", () => {
      this.draw();
      onInput();
    });
    this.text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) {
        return;
      }
      event.preventDefault();
      if (event.ctrlKey || event.metaKey) {
        onRun();
      } else {
        this.breakLine();
      }
    });
  }

  get code() {
    return this.text.value;
  }

  set code(code) {
    this.text.value = code;
    this.draw();
  }

  set readOnly(value) {
    this.text.readOnly = value;
  }

  // Indents the new line like the previous one, and deeper after a colon.
  breakLine() {
    const line = this.code.slice(0, this.text.selectionStart).split("\n").pop();
    const indent = line.match(/^ */)[0] + (line.trimEnd().endsWith(":") ? "    " : "");
    // This is the only way to insert text so that the user can undo it.
    document.execCommand("insertText", false, `\n${indent}`);
  }

  draw() {
    this.clearMarks();
    const lines = this.code.split("\n").length;
    this.gutter.replaceChildren(...Array.from({ length: lines }, (_, index) => make("div", {}, String(index + 1))));
    const pieces = [];
    let end = 0;
    for (const found of this.code.matchAll(TOKEN)) {
      const [tag] = Object.entries(found.groups).find(([, text]) => text !== undefined);
      pieces.push(this.code.slice(end, found.index), make(tag, {}, found[0]));
      end = found.index + found[0].length;
    }
    this.colours.replaceChildren(...pieces, this.code.slice(end), "\n");
  }

  // Marks a line: its assertion was true ("held"), or the line has failed ("failed").
  mark(line, kind) {
    const number = this.gutter.children[line - 1];
    if (number) {
      number.className = kind;
      number.textContent = kind === "held" ? "✓" : "✗";
    }
    if (kind === "failed") {
      this.wrong.style.setProperty("--line", line - 1);
      this.wrong.hidden = false;
    }
  }

  clearMarks() {
    this.wrong.hidden = true;
    for (const [index, number] of [...this.gutter.children].entries()) {
      number.className = "";
      number.textContent = String(index + 1);
    }
  }
}
