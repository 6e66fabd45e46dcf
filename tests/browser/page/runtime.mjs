// What a page is in a browser, in Node, Deno or Bun: `runtime.mjs FOLDER-OF-PYODIDE URL-OF-THE-BUNDLE`.
//
// Each line on standard input is a call, [method, payload], each line on standard output its answer. The
// process ends with its standard input.

import process from "node:process";
import { createInterface } from "node:readline";

import "./probe.js";
import { boot } from "./core.js";

const [folder, bundleUrl] = process.argv.slice(2);
// There is no location.
globalThis.harnessProbe.origin = new URL(bundleUrl).origin;
const ready = boot(bundleUrl, `${folder}/`);

const { bun, deno, node } = process.versions;

const answer = async (method, payload) => {
  try {
    const call = await ready;
    return method === "version"
      ? JSON.stringify({ outcome: "passed", value: bun ?? deno ?? node })
      : await call(method, payload);
  } catch (error) {
    return JSON.stringify({ outcome: "failed", text: `${error}\n${error?.stack}`, clean: false });
  }
};

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${await answer(...JSON.parse(line))}\n`);
}
process.exit(0);
