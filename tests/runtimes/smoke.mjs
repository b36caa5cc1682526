/**
 * Imports every entry point of the installed package, and runs the life of a node
 * against a simulator.
 *
 * It runs beside `node_modules/`, on any runtime, and has no dependency but the
 * package. The workflow runs it on runtimes that the other tests do not have.
 *
 * @module
 */

import { DigitalOceanNodeDriver } from "@nephos/nephos/drivers/digitalocean";
import { DigitalOceanSimulator } from "@nephos/nephos/simulators/digitalocean";

// JSR has no such entry point, so a checkout of the sources has none either.
const file = "@nephos/nephos/package.json";
const { default: settings } = await import(file, { with: { type: "json" } });
// To import the command line is to run it.
const subpaths = Object.keys(settings.exports)
  .filter((subpath) => !["./package.json", "./cli"].includes(subpath));
for (const subpath of subpaths) {
  const names = Object.keys(await import(settings.name + subpath.slice(1)));
  if (names.length === 0) throw new Error(`${subpath} exports nothing`);
}

const simulator = new DigitalOceanSimulator({ nodes: 2, listLagMs: 0 });
const cloud = new DigitalOceanNodeDriver({
  ...simulator.credentials,
  fetch: simulator.fetch,
});
const node = await cloud.createNode({
  name: "smoke",
  size: "s-1vcpu-1gb",
  image: "debian-12-x64",
  location: "fra1",
});
const [running] = await cloud.waitUntilRunning(node, { intervalMs: 10 });
if (running?.state !== "running") throw new Error(`state: ${running?.state}`);
const during = await cloud.listNodes();
await cloud.destroyNode(node);
const after = await cloud.listNodes();
if (during.length !== 3 || after.length !== 2) {
  throw new Error(`nodes: ${during.length}, then ${after.length}`);
}
console.log(
  `nephos ${settings.version} on ${navigator.userAgent}: imported ${subpaths.length} entry points, created and destroyed a node`,
);
