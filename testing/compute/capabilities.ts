/**
 * Checks of the capabilities of a driver.
 *
 * @module
 */

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import {
  CAPABILITIES,
  type Capability,
  NodeDriver,
  supports,
} from "../../core/compute/mod.ts";
import type { Check } from "../checks.ts";
import { methodsOf, type Subject } from "../subject.ts";
import type { Context } from "./context.ts";

const CAPABILITY_METHODS: Readonly<
  Record<Capability, { all: readonly string[]; some?: readonly string[] }>
> = {
  power: { all: ["startNode", "stopNode"] },
  renaming: { all: ["renameNode"] },
  resizing: { all: ["resizeNode"] },
  keyPairs: {
    all: ["listKeyPairs", "importKeyPair", "deleteKeyPair"],
    some: ["getKeyPair", "createKeyPair"],
  },
  images: {
    all: ["getImage", "createImage", "deleteImage"],
    some: ["copyImage"],
  },
  volumes: {
    all: [
      "listVolumes",
      "createVolume",
      "attachVolume",
      "detachVolume",
      "destroyVolume",
    ],
  },
  snapshots: {
    all: [
      "listVolumeSnapshots",
      "createVolumeSnapshot",
      "destroyVolumeSnapshot",
    ],
  },
};

/** Whether a driver has all methods of a capability. */
export function hasCapability(
  Driver: Subject["Driver"],
  capability: Capability,
): boolean {
  const methods = methodsOf(Driver);
  return CAPABILITY_METHODS[capability].all.every((it) => methods.includes(it));
}

/** Creates the checks of the capabilities. */
export function capabilityChecks(context: Context): Check[] {
  return [
    {
      name:
        "implements all methods of its capabilities and no methods of others",
      run: () => Promise.resolve(assertCapabilities(context)),
    },
  ];
}

function assertCapabilities(context: Context): void {
  const { driver } = context.open();
  assertInstanceOf(driver, NodeDriver);
  assert(/^[a-z][a-z\d]*$/.test(driver.provider), driver.provider);
  assertEquals(driver.connection.provider, driver.provider);
  const methods = methodsOf(context.options.Driver);
  const isMethod = (name: string) => methods.includes(name);
  assertEquals(
    Object.keys(CAPABILITY_METHODS).sort(),
    [...CAPABILITIES].sort(),
  );
  for (const capability of CAPABILITIES) {
    const { all, some = [] } = CAPABILITY_METHODS[capability];
    assertEquals(
      supports(driver, capability)
        ? all.filter((name) => !isMethod(name))
        : [...all, ...some].filter(isMethod),
      [],
      `the capability "${capability}" is incomplete`,
    );
  }
}
