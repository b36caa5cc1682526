/**
 * Checks of the lives of images.
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
  type Images,
  type NodeDriver,
  supports,
} from "../../core/compute/mod.ts";
import type { Check } from "../checks.ts";
import { hasCapability } from "./capabilities.ts";
import {
  type Context,
  rejection,
  untilRight,
  WAIT,
  whileBusy,
} from "./context.ts";
import { checkRecord } from "./records.ts";

/** Creates the checks of images. */
export function imageChecks(context: Context): Check[] {
  const { Driver } = context.options;
  if (!hasCapability(Driver, "images")) return [];
  return [
    {
      name:
        "createImage() creates an image with the name, which can be listed and deleted",
      rule: "An image has the name that you pass, until it is deleted.",
      see: "images",
      run: () => checkImages(context),
    },
    {
      name: "getImage() returns the image of expected.image",
      rule: "getImage() returns the same record as listImages().",
      see: "images",
      run: () => checkGetImage(context),
    },
  ];
}

async function checkImages(context: Context): Promise<void> {
  const { driver } = context.open();
  assert(supports(driver, "images"));
  const before = (await driver.listImages()).map(({ id }) => id);
  const node = await context.createRunning(driver);
  const name = "canary-image";
  const image = await whileBusy(() =>
    driver.createImage(node, { ...WAIT, name })
  );
  checkRecord(image);
  assert(!before.includes(image.id), "the id must be new");
  assertEquals(image.name, name);
  const got = await untilRight(
    async () => [await find(driver, image.id)],
    ([found]) => found !== undefined,
    "the new image is not listed",
  );
  assertEquals(got.map((it) => it?.name), [name]);
  assertEquals((await driver.getImage(image)).name, name);
  assertEquals((await driver.getImage(image.id)).id, image.id);

  if (driver.copyImage) await checkCopy(context, driver, image.id);

  assertStrictEquals(
    await whileBusy(() => driver.deleteImage(image)),
    undefined,
  );
  await untilRight(
    () => find(driver, image.id),
    (found) => found === undefined,
    "the deleted image is still listed",
  );
  for (
    const call of [
      () => driver.deleteImage(image),
      () => driver.getImage(image),
    ]
  ) assertInstanceOf(await rejection(call), NotFoundError);
}

/** Some providers make a second image, others add a location to the first. */
async function checkCopy(
  context: Context,
  driver: NodeDriver & Images,
  id: string,
): Promise<void> {
  const { location } = context.valuesOf("copyImage") as { location: string };
  const copy = await whileBusy(() =>
    driver.copyImage!(id, { ...WAIT, location })
  );
  checkRecord(copy);
}

async function checkGetImage(context: Context): Promise<void> {
  const { driver } = context.open();
  assert(supports(driver, "images"));
  const { id } = context.options.expected.image;
  const image = await driver.getImage(id);
  assertEquals(image.id, id);
  assertEquals(await driver.getImage({ id }), image);
  assertEquals(image, await find(driver, id));
}

async function find(driver: NodeDriver, id: string) {
  return (await driver.listImages()).find((it) => it.id === id);
}
