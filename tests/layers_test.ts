/**
 * Layers: imports point from outer to inner layers and are not circular.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { circlesIn, type Import, importsIn } from "./_support/imports.ts";

const ROOT = new URL("..", import.meta.url);

/** Folders with runtime code, besides mod.ts. */
const FOLDERS = [
  "core",
  "drivers",
  "simulators",
  "deploy",
  "testing",
  "fleet_page",
  "cli",
];

/** The only files of cli/ that touch the process. */
const PROCESS = ["cli/main.ts", "cli/http_server.ts"];

/** Folders of core/ with the interface of a service. */
const SERVICES = ["compute", "dns", "storage", "load_balancers"];

/** The only files that name all drivers of a service. */
const REGISTRIES = ["drivers/registry.ts", "drivers/dns_registry.ts"];

/** Drivers and simulators that are built on those of another provider. */
const BUILT_ON: Readonly<Record<string, string>> = { rackspace: "openstack" };

/** Reads clouds.yaml for OpenStack. No driver may contain its parser. */
const CLOUDS_YAML = "drivers/openstack/clouds_yaml.ts";

/** The only file of drivers/ that imports the parser. */
const YAML_READER = "drivers/openstack/_cloud_settings.ts";

/** The only file that opens sockets; it is loaded when a deployment starts. */
const SOCKETS = "deploy/_ssh2.ts";

const files = ["mod.ts", ...FOLDERS.flatMap((folder) => [...filesIn(folder)])];
const imports = files.flatMap((file) =>
  importsIn(file, Deno.readTextFileSync(new URL(file, ROOT)))
);

Deno.test("imports point from outer to inner layers", () => {
  // Guards against empty lists, with which the test would pass.
  assert(files.length > 50 && imports.length > files.length);
  for (const folder of ["drivers", "deploy", "testing"]) {
    const isIntoCore = ({ from, to }: Import) =>
      from.startsWith(`${folder}/`) && to.startsWith("core/");
    assert(imports.some(isIntoCore), folder);
  }
  assertEquals(violationsIn(imports), []);
});

Deno.test("only clouds_yaml.ts loads the YAML parser", () => {
  const users = (to: string) =>
    imports.filter((it) => it.to === to).map(({ from }) => from)
      .filter((from) => !from.startsWith("cli/"));
  assertEquals(users("@std/yaml/parse"), [YAML_READER]);
  assertEquals(users(YAML_READER), [CLOUDS_YAML]);
  assertEquals(users(CLOUDS_YAML), []);
});

Deno.test("imports are not circular, including those of types", () => {
  assertEquals(circlesIn(imports), []);
});

Deno.test("relative imports name existing files", () => {
  const missing = imports.filter(({ specifier, to }) =>
    specifier.startsWith(".") && !files.includes(to) && !/\.json$/.test(to)
  );
  assertEquals(missing.map(describe), []);
});

Deno.test("violationsIn() reports imports that point to an outer layer", () => {
  const violations: readonly (readonly [from: string, to: string])[] = [
    ["core/connection.ts", "core/compute/records.ts"],
    ["core/connection.ts", "drivers/nephoscale.ts"],
    ["core/compute/driver.ts", "core/dns/driver.ts"],
    ["core/compute/driver.ts", "deploy/ssh.ts"],
    ["drivers/nephoscale.ts", "drivers/linode/_connection.ts"],
    ["drivers/linode/compute.ts", "drivers/digitalocean/_connection.ts"],
    ["drivers/linode/compute.ts", "drivers/nephoscale.ts"],
    ["drivers/linode/compute.ts", "simulators/linode/mod.ts"],
    ["drivers/openstack/compute.ts", "drivers/rackspace.ts"],
    ["simulators/openstack/mod.ts", "simulators/rackspace/mod.ts"],
    ["drivers/linode/compute.ts", "data/nephoscale.json"],
    ["drivers/linode/compute.ts", "npm:lodash@4.17.21"],
    ["drivers/registry.ts", "drivers/nephoscale.ts"],
    ["drivers/dns_registry.ts", "drivers/powerdns/dns.ts"],
    ["drivers/prices.ts", "data/nephoscale.json"],
    ["drivers/prices.ts", "drivers/nephoscale.ts"],
    ["simulators/linode/mod.ts", "drivers/linode/compute.ts"],
    ["simulators/linode/mod.ts", "simulators/digitalocean/mod.ts"],
    ["simulators/linode/mod.ts", "simulators/kit/_store.ts"],
    ["simulators/kit/mod.ts", "drivers/linode/compute.ts"],
    ["simulators/kit/mod.ts", "simulators/linode/mod.ts"],
    ["deploy/ssh.ts", "drivers/nephoscale.ts"],
    ["testing/mod.ts", "simulators/linode/mod.ts"],
    ["core/connection.ts", "@std/assert"],
    ["core/connection.ts", "@std/encoding"],
    ["drivers/linode/compute.ts", "@std/yaml/parse"],
    ["drivers/openstack/compute.ts", "@std/yaml/parse"],
    ["drivers/openstack/compute.ts", CLOUDS_YAML],
    ["drivers/openstack/compute.ts", YAML_READER],
    ["mod.ts", "drivers/nephoscale.ts"],
    ["cli/run.ts", "node:process"],
    ["deploy/ssh.ts", "cli/run.ts"],
    ["fleet_page/mod.ts", "cli/run.ts"],
    ["fleet_page/mod.ts", "drivers/nephoscale.ts"],
    ["fleet_page/mod.ts", "simulators/linode/mod.ts"],
    ["simulators/linode/mod.ts", "fleet_page/mod.ts"],
  ];
  for (const [from, to] of violations) {
    const it = { from, to, specifier: to, isType: false, isDynamic: false };
    assertEquals(violationsIn([it]), [describe(it)]);
  }
});

Deno.test("importsIn() parses imports and exports of values and types", () => {
  const source = `
/** import { x } from "./comment.ts"; */
import { type A, b } from "../core/b.ts";
import type { C } from "./c.ts";
import { type D, type E } from "./d.ts";
import * as f from "@std/assert";
import data from "../data/x.json" with { type: "json" };
export * from "./g.ts";
export type { H } from "./h.ts";
import {
  i,
  j,
} from "./i.ts";
const k = () => import("./k.ts");
`;
  assertEquals(
    importsIn("drivers/a.ts", source).map(({ to, isType, isDynamic }) =>
      `${to}${isType ? " type" : ""}${isDynamic ? " dynamic" : ""}`
    ),
    [
      "core/b.ts",
      "drivers/c.ts type",
      "drivers/d.ts type",
      "@std/assert",
      "data/x.json",
      "drivers/g.ts",
      "drivers/h.ts type",
      "drivers/i.ts",
      "drivers/k.ts dynamic",
    ],
  );
});

Deno.test("circlesIn() reports circular imports and accepts diamonds", () => {
  const edge = (from: string, to: string): Import => {
    return { from, to, specifier: to, isType: true, isDynamic: false };
  };
  const diamond = [edge("a", "b"), edge("a", "c"), edge("b", "d")];
  assertEquals(circlesIn([...diamond, edge("c", "d")]), []);
  assertEquals(circlesIn([...diamond, edge("d", "a")]), ["a → b → d → a"]);
  assertEquals(circlesIn([edge("a", "a")]), ["a → a"]);
});

function violationsIn(imports: readonly Import[]): string[] {
  return imports.filter((it) => !isAllowed(it)).map(describe);
}

function describe({ from, specifier }: Pick<Import, "from" | "specifier">) {
  return `${from} imports ${specifier}`;
}

function isAllowed({ from, to, specifier, isType, isDynamic }: Import) {
  // The root of a package of @std loads the whole package.
  const isStd = /^@std\/[^/]+\/./.test(specifier);
  const isEncoding = isStd && specifier.startsWith("@std/encoding/");
  const isNpm = specifier.startsWith("npm:");
  if (specifier.startsWith("@std/") && !isStd && specifier !== "@std/assert") {
    return false;
  }
  const [layer = "", name = ""] = from.split("/");
  switch (layer) {
    case "mod.ts":
      return /^core\/(?:\w+\/)?mod\.ts$/.test(to) ||
        REGISTRIES.includes(to) || to === "drivers/prices.ts";
    case "core": {
      if (isEncoding) return true;
      if (!to.startsWith("core/")) return false;
      const service = SERVICES.find((it) => to.startsWith(`core/${it}/`));
      return service === undefined || service === name;
    }
    case "drivers":
      if (to.startsWith("core/") || isEncoding) return true;
      if (from === YAML_READER && to === "@std/yaml/parse") return true;
      if (to === CLOUDS_YAML || to === YAML_READER) return from === CLOUDS_YAML;
      if (REGISTRIES.includes(from)) {
        return to.startsWith("drivers/") && (isType || isDynamic);
      }
      if (to.startsWith("data/")) {
        return dataOwners(to).includes(from) ||
          from === "drivers/prices.ts" && isDynamic;
      }
      return to.startsWith("drivers/") && isOwnOrBase(from, to);
    case "simulators":
      return to.startsWith("core/") || to.startsWith("data/") || isEncoding ||
        specifier.startsWith("@std/http/") ||
        to === "simulators/kit/mod.ts" ||
        to.startsWith("simulators/") && isOwnOrBase(from, to);
    case "deploy":
      return to.startsWith("core/") || to.startsWith("deploy/") || isEncoding ||
        isNpm ||
        from === SOCKETS && specifier.startsWith("node:") &&
          (isType || isDynamic);
    case "testing":
      return to.startsWith("core/") || to.startsWith("testing/") ||
        specifier === "@std/assert" ||
        // It is loaded only if a description is given.
        from === "testing/openapi.ts" && isNpm;
    case "fleet_page":
      return /^(?:core|fleet_page)\//.test(to) ||
        to === "drivers/registry.ts" ||
        // Without an account, the page shows simulators.
        from === "fleet_page/_simulated.ts" &&
          /^(?:drivers|simulators)\//.test(to);
    case "cli":
      // Nothing imports the command line.
      return specifier.startsWith("node:") ? PROCESS.includes(from) : true;
    default:
      return false;
  }
}

/** Whether a file belongs to the same provider, or to the one it is built on. */
function isOwnOrBase(from: string, to: string): boolean {
  const provider = providerOf(from);
  return [provider, BUILT_ON[provider]].includes(providerOf(to));
}

/** Drivers that may import a file of data/; the file is named after them. */
function dataOwners(file: string): string[] {
  const [, name = ""] = /^data\/(\w+)\.json$/.exec(file) ?? [];
  return files.filter((it) =>
    it.startsWith("drivers/") &&
    (providerOf(it) === name ||
      // Each service of AWS has its own data file.
      providerOf(it) === "aws" &&
        it.startsWith(`drivers/aws/_${name.split("_")[0]}_`))
  );
}

/** Provider of a driver or simulator: the name of its folder or file. */
function providerOf(file: string): string {
  return /^\w+\/_?([^/.]+)/.exec(file)?.[1] ?? "";
}

function* filesIn(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, ROOT))) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* filesIn(path);
    else if (name.endsWith(".ts")) yield path;
  }
}
