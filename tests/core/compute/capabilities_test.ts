import { assert, assertEquals } from "@std/assert";
import { Listing } from "../../../core/mod.ts";
import {
  CAPABILITIES,
  type Capability,
  type NodeDriver,
  type PowerControl,
  supports,
  type TakesUserData,
  takesUserData,
} from "../../../core/compute/mod.ts";

const METHODS: Record<Capability, string> = {
  power: "stopNode",
  renaming: "renameNode",
  resizing: "resizeNode",
  keyPairs: "importKeyPair",
  images: "createImage",
  volumes: "createVolume",
  snapshots: "createVolumeSnapshot",
};

/** A driver with one additional method on its prototype, as real drivers have. */
function driverWith(method?: string, value: unknown = () => {}): NodeDriver {
  class Driver {
    listNodes() {
      return Listing.of([]);
    }
  }
  if (method) Object.defineProperty(Driver.prototype, method, { value });
  return new Driver() as unknown as NodeDriver;
}

Deno.test("CAPABILITIES contains every capability once", () => {
  assertEquals([...CAPABILITIES].sort(), Object.keys(METHODS).sort());
});

Deno.test("supports() detects a capability by its method", () => {
  for (const capability of CAPABILITIES) {
    const driver = driverWith(METHODS[capability]);
    for (const other of CAPABILITIES) {
      assertEquals(supports(driver, other), other === capability, other);
    }
    assert(!supports(driverWith(METHODS[capability], 5), capability));
  }
});

Deno.test("supports() is false for a driver without capabilities and for unknown names", () => {
  for (const capability of CAPABILITIES) {
    assert(!supports(driverWith(), capability));
  }
  const names = ["", "__proto__", "constructor", "toString", "volume"];
  for (const name of names) {
    assert(!supports(driverWith(), name as Capability), name);
  }
});

Deno.test("supports() narrows the type of a driver", async () => {
  const stopped: unknown[] = [];
  const driver = driverWith("stopNode", (id: unknown) => stopped.push(id));
  if (supports(driver, "power")) {
    const power: PowerControl = driver;
    await power.stopNode("1");
  }
  assertEquals(stopped, ["1"]);
});

Deno.test("takesUserData() detects support for user data and narrows the type of a driver", () => {
  const support = { maxBytes: 5, takesBytes: false };
  const driver = driverWith("userDataSupport", support);
  assert(takesUserData(driver));
  const narrowed: NodeDriver & TakesUserData = driver;
  assertEquals(narrowed.userDataSupport.maxBytes, 5);
  assert(!takesUserData(driverWith()));
});
