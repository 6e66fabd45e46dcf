// The list of libraries, and the one in the address, as in libraries.html#openai. tools/demo_libraries.py
// creates the catalog and the index of wheels; the demo's server starts the libraries' servers on demand.

import { element, make } from "./dom.js";
import { Example } from "./example.js";
import * as python from "./python.js";

const articles = new Map();

async function start() {
  const response = await fetch("libraries/catalog.json");
  if (!response.ok) {
    throw new Error(`catalog.json: ${response.status} ${response.statusText}`);
  }
  const catalog = await response.json();
  element("count").textContent = catalog.length;
  element("list").append(...catalog.map(entry));
  window.addEventListener("hashchange", () => show(catalog, true));
  show(catalog, false);
  python.prepare();
}

function entry(library) {
  const version = make("span", { className: "version" }, library.version);
  const name = make("span", { className: "name" }, library.library, " ", version);
  const summary = make("span", { className: "summary" }, library.summary);
  return make("li", {}, make("a", { href: `#${library.name}` }, name, summary));
}

// Shows the library in the address. If there is none, wide screens show the first one next to the list.
function show(catalog, byUser) {
  const name = decodeURIComponent(location.hash.slice(1));
  const named = catalog.find((library) => library.name === name);
  if (!named && name && byUser) {
    return; // a link within the page
  }
  const library = named ?? catalog[0];
  document.body.classList.toggle("chosen", Boolean(named));
  document.title = `${named ? named.library : "Libraries"}: websocketstream`;
  for (const link of element("list").querySelectorAll("a")) {
    const current = link.hash === `#${library.name}`;
    link.setAttribute("aria-current", current);
    if (current) {
      scrollTo(link);
    }
  }
  if (!articles.has(library.name)) {
    articles.set(library.name, article(library));
  }
  element("article").replaceChildren(articles.get(library.name));
  if (byUser && named) {
    element("article").querySelector("h2").focus({ preventScroll: true });
    element("detail").scrollIntoView({ block: "start" });
  }
}

// Scrolls the list, not the page, so that a link is visible.
function scrollTo(link) {
  const list = element("list").parentElement;
  const [inner, outer] = [link.getBoundingClientRect(), list.getBoundingClientRect()];
  list.scrollTop += Math.max(0, inner.bottom - outer.bottom + 16) || Math.min(0, inner.top - outer.top - 16);
}

function article(library) {
  const examples = new Map();
  const count = library.parts.filter((part) => "code" in part).length;
  const body = library.parts.map(({ html, name, code }) => {
    if (html !== undefined) {
      return make("div", { className: "prose", innerHTML: html });
    }
    const number = count > 1 ? ` ${examples.size + 1}` : "";
    const example = new Example(library, `Example${number} of ${library.library}`);
    example.display(code);
    examples.set(name, example);
    return example.element;
  });
  const requirements = library.requirements.map((requirement) => `"${requirement}"`).join(", ");
  const server = make("dd", {}, "starting");
  const facts = make(
    "dl",
    { className: "about" },
    make("div", {}, make("dt", {}, "Version"), make("dd", {}, library.version)),
    make("div", {}, make("dt", {}, "For micropip"), make("dd", {}, make("code", {}, requirements))),
    make("div", {}, make("dt", {}, "Server"), server),
  );
  const notice = make("div", { className: "notice", role: "status", hidden: true });
  connect(library, examples, server, notice);
  const title = make("h2", { tabIndex: -1 }, library.library);
  return make("article", {}, title, facts, notice, ...body);
}

// Asks for the library's server, and offers the examples with its address in them.
async function connect(library, examples, server, notice) {
  const { url, examples: codes, problem } = await serverOf(library);
  if (problem) {
    server.textContent = "not running";
    notice.textContent = `The server for this example can’t be started: ${problem}`;
    notice.hidden = false;
    return;
  }
  server.replaceChildren(make("code", {}, url));
  for (const [name, code] of Object.entries(codes)) {
    examples.get(name)?.offer(code);
  }
  if (url.startsWith("wss:")) {
    askForTrust(url.replace("wss:", "https:"), notice);
  }
}

async function serverOf(library) {
  try {
    const response = await fetch(`servers/${library.name}`);
    if (response.ok) {
      return await response.json();
    }
  } catch {
    // The page is not served by the demo's own server.
  }
  return { problem: "this page is not served by ./build.sh demo." };
}

// The user has to accept a self-signed certificate in another tab.
async function askForTrust(address, notice) {
  const reached = await fetch(address, { mode: "no-cors" }).then(
    () => true,
    () => false,
  );
  notice.hidden = reached;
  if (!reached) {
    const link = make("a", { href: address, target: "_blank", rel: "noreferrer" }, address);
    notice.replaceChildren(
      "This server uses TLS with a self-signed certificate. Open ",
      link,
      ", accept the certificate, and then run the example.",
    );
    window.addEventListener("focus", () => askForTrust(address, notice), { once: true });
  }
}

start().catch((error) => {
  console.error(error);
  element("problem").textContent = `The page could not start: ${error.message}`;
  element("problem").hidden = false;
});
