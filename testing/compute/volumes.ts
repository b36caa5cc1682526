/**
 * Checks of the lives of volumes and their snapshots.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStrictEquals,
} from "@std/assert";
import { NotFoundError } from "../../core/mod.ts";
import {
  type CreateVolumeOptions,
  type Node,
  type NodeDriver,
  supports,
  type Volume,
  type Volumes,
} from "../../core/compute/mod.ts";
import type { Check } from "../checks.ts";
import { hasCapability } from "./capabilities.ts";
import { type Context, rejection, untilRight, whileBusy } from "./context.ts";
import { checkSnapshot, checkVolume } from "./records.ts";

/** Creates the checks of volumes and their snapshots. */
export function volumeChecks(context: Context): Check[] {
  const { Driver } = context.options;
  return [
    ...(hasCapability(Driver, "volumes")
      ? [{
        name:
          "createVolume() creates a volume that can be attached, detached and destroyed",
        rule:
          "The list shows nodeId while a volume is attached, and only then.",
        see: "volumes",
        run: () => checkVolumes(context),
      }]
      : []),
    ...(hasCapability(Driver, "snapshots")
      ? [{
        name:
          "createVolumeSnapshot() creates a snapshot that can be listed and destroyed",
        rule:
          "listVolumeSnapshots(volume) lists the snapshots of that volume only.",
        see: "volumes",
        run: () => checkSnapshots(context),
      }]
      : []),
  ];
}

async function checkVolumes(context: Context): Promise<void> {
  const { driver } = context.open();
  assert(supports(driver, "volumes"));
  const before = (await driver.listVolumes()).map(({ id }) => id);
  const node = await context.createRunning(driver);
  const volume = await createVolume(context, driver, node);
  const { name, sizeGb } = volumeOptions(context, node);
  assertEquals([volume.name, volume.sizeGb], [name, sizeGb]);
  assert(!before.includes(volume.id), "the id must be new");
  const free = await untilVolume(
    driver,
    volume.id,
    isFree,
    "free",
  );
  checkVolume(free);
  assertEquals([free.name, free.sizeGb], [name, sizeGb]);

  assertStrictEquals(
    await whileBusy(() => driver.attachVolume(volume, { node })),
    undefined,
  );
  await untilVolume(
    driver,
    volume.id,
    (it) => it.nodeId === node.id,
    "attached",
  );
  assertStrictEquals(
    await whileBusy(() => driver.detachVolume(volume)),
    undefined,
  );
  await untilVolume(
    driver,
    volume.id,
    isFree,
    "free",
  );

  assertStrictEquals(
    await whileBusy(() => driver.destroyVolume(volume)),
    undefined,
  );
  await untilGone(() => driver.listVolumes(), volume.id, before);
  assertInstanceOf(
    await rejection(() => whileBusy(() => driver.destroyVolume(volume))),
    NotFoundError,
  );
}

async function checkSnapshots(context: Context): Promise<void> {
  const { driver } = context.open();
  assert(supports(driver, "volumes") && supports(driver, "snapshots"));
  const before = (await driver.listVolumeSnapshots()).map(({ id }) => id);
  const node = await context.createRunning(driver);
  const volume = await createVolume(context, driver, node);
  await untilVolume(
    driver,
    volume.id,
    ({ state }) => state === "available",
    "available",
  );
  const snapshot = await whileBusy(() =>
    driver.createVolumeSnapshot(volume, { name: "canary-snapshot" })
  );
  checkSnapshot(snapshot);
  assert(!before.includes(snapshot.id), "the id must be new");
  assertEquals(snapshot.volumeId ?? volume.id, volume.id);
  const listed = await untilRight(
    async () => await driver.listVolumeSnapshots(volume),
    (all) =>
      all.some(({ id, state }) => id === snapshot.id && state === "available"),
    "the new snapshot is not in the list of its volume",
  );
  listed.forEach(checkSnapshot);
  assertEquals(listed.map(({ id }) => id), [snapshot.id]);
  const [found] = listed;
  assertEquals(
    [found?.name, found?.volumeId ?? volume.id],
    ["canary-snapshot", volume.id],
  );
  assertStrictEquals(
    await whileBusy(() => driver.destroyVolumeSnapshot(snapshot)),
    undefined,
  );
  await untilGone(() => driver.listVolumeSnapshots(), snapshot.id, before);
  assertInstanceOf(
    await rejection(() => driver.destroyVolumeSnapshot(snapshot)),
    NotFoundError,
  );
}

/** Options for a volume that the node can use. */
function volumeOptions(context: Context, node: Node): CreateVolumeOptions {
  const { name, sizeGb, location } = context.valuesOf("createVolume");
  return {
    name,
    sizeGb,
    ...(location === undefined
      ? {}
      : { location: node.locationId ?? location }),
  } as CreateVolumeOptions;
}

async function createVolume(
  context: Context,
  driver: NodeDriver & Volumes,
  node: Node,
): Promise<Volume> {
  const volume = await driver.createVolume(volumeOptions(context, node));
  checkVolume(volume);
  return volume;
}

function isFree({ state, nodeId }: Volume): boolean {
  return state === "available" && nodeId === undefined;
}

async function untilVolume(
  driver: NodeDriver & Volumes,
  id: string,
  isRight: (volume: Volume) => boolean,
  state: string,
): Promise<Volume> {
  const volumes = await untilRight(
    async () => (await driver.listVolumes()).filter((it) => it.id === id),
    ([volume]) => volume !== undefined && isRight(volume),
    `listVolumes() does not show the volume as ${state}`,
  );
  return volumes[0]!;
}

async function untilGone(
  list: () => PromiseLike<{ readonly id: string }[]>,
  id: string,
  others: readonly string[],
): Promise<void> {
  const left = await untilRight(
    async () => (await list()).map((it) => it.id),
    (ids) => !ids.includes(id),
    `${id} is still listed`,
  );
  for (const other of others) assert(left.includes(other), `${other} is gone`);
}
