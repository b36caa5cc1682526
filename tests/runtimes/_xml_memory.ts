/**
 * Prints the memory that strings from an XML page occupy, in bytes per page.
 * Run with `--v8-flags=--expose-gc`.
 *
 * @module
 */

import process from "node:process";
import { parseXml } from "../../core/mod.ts";

const PAGES = 20;
const { gc } = globalThis as unknown as { gc: () => void };

/** Reads one id from a page of about 1 MB. */
function read(page: number, kept: string[]): void {
  const padding = "<item><a>b</a></item>".repeat(50_000);
  const id = `i-0123456789abcdef${page}`;
  const root = parseXml(
    `<list>\r${padding}<b>${id}</b><x:identity>${id}</x:identity></list>`,
  );
  for (const { name } of root.children.slice(-1)) kept.push(name);
  kept.push(root.textAt("b") ?? "");
  kept.push(root.textAt("identity") ?? "", root.get("identity")?.text ?? "");
}

const kept: string[] = [];
// Warms up, so that one-time allocations are not counted.
read(0, []);
gc();
const before = process.memoryUsage().heapUsed;
for (let page = 0; page < PAGES; page++) read(page, kept);
gc();
const bytes = (process.memoryUsage().heapUsed - before) / PAGES;
console.log(JSON.stringify({ bytes, kept: kept.length }));
