/**
 * Runs a program on Deno, Node.js or Bun, and prints its result as JSON.
 *
 * @module
 */

import process from "node:process";

const [program = "", input = "null"] = process.argv.slice(2);
const { default: main } = await import(program);
console.log(JSON.stringify(await main(JSON.parse(input))));
