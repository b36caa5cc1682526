/**
 * Nodes, key pairs and images in a real cloud.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  type CloudError,
  ConflictError,
  NotFoundError,
  PermissionDeniedError,
  ValidationError,
} from "../../core/mod.ts";
import {
  connect,
  credentials,
  destroyAtEnd,
  needsCloud,
  smallest,
  uniqueName,
  until,
} from "./_cloud.ts";

/** An id that no resource has. */
const UNKNOWN = "00000000-0000-4000-8000-000000000000";

Deno.test({
  ...needsCloud("a node is created, used and destroyed in a real Nova"),
  fn: async () => {
    const driver = connect();
    const name = uniqueName();
    const { image, size } = await smallest(driver);
    const created = await driver.createNode({
      name,
      image,
      size,
      tags: { role: "web" },
      userData: "#cloud-config\n",
    });
    await using _end = destroyAtEnd(driver, created);
    assertEquals(created.name, name);

    const [running] = await driver.waitUntilRunning(created);
    assert(running);
    assertEquals(
      [running.state, running.sizeId, running.imageId, running.tags],
      ["running", size.id, image.id, { role: "web" }],
    );
    assertEquals(running.publicIps, []);
    assert(running.privateIps[0]?.startsWith("10.10."));
    const listed = await driver.listNodes({ tags: { role: "web" } });
    assert(listed.some(({ id }) => id === created.id));

    await driver.rebootNode(created);
    await driver.waitForState(created, { state: "running" });
    await driver.stopNode(created);
    await driver.waitForState(created, { state: "stopped" });
    await driver.startNode(created);
    await driver.waitForState(created, { state: "running" });
    await driver.renameNode(created, { name: `${name}-renamed` });
    assertEquals((await driver.getNode(created)).name, `${name}-renamed`);
    assertStringIncludes(
      await driver.getConsoleLog(created),
      "FAKE CONSOLE OUTPUT",
    );
  },
});

Deno.test({
  ...needsCloud("resizeNode() confirms, and revertResize() undoes"),
  fn: async () => {
    const driver = connect();
    const { image, size } = await smallest(driver);
    const small = (await driver.listSizes())
      .find(({ name }) => name === "m1.small")!;
    const node = await driver.createNode({ name: uniqueName(), image, size });
    await using _end = destroyAtEnd(driver, node);
    await driver.waitUntilRunning(node);

    await driver.resizeNode(node, { size: small });
    const resized = await driver.getNode(node);
    assertEquals([resized.sizeId, resized.extra.status], [small.id, "ACTIVE"]);

    await driver.resizeNode(node, { size, confirm: false });
    await until(async () =>
      (await driver.getNode(node)).extra.status === "VERIFY_RESIZE"
    );
    await driver.revertResize(node);
    await until(async () =>
      (await driver.getNode(node)).extra.status === "ACTIVE"
    );
    assertEquals((await driver.getNode(node)).sizeId, small.id);
  },
});

Deno.test({
  ...needsCloud("createNode() creates a node without networks"),
  fn: async () => {
    const driver = connect();
    const { image, size } = await smallest(driver);
    const node = await driver.createNode({
      name: uniqueName(),
      image,
      size,
      networks: "none",
    });
    await using _end = destroyAtEnd(driver, node);
    await driver.waitForState(node, { state: "running" });
    const { privateIps, publicIps } = await driver.getNode(node);
    assertEquals([privateIps, publicIps], [[], []]);
  },
});

Deno.test({
  ...needsCloud("createImage() makes an image that new nodes boot from"),
  fn: async () => {
    const driver = connect();
    const name = uniqueName();
    const { image, size } = await smallest(driver);
    const node = await driver.createNode({ name, image, size });
    await using _end = destroyAtEnd(driver, node);
    await driver.waitUntilRunning(node);
    const copy = await driver.createImage(node, { name });
    await until(async () =>
      (await driver.getImage(copy)).extra.status === "active"
    );
    const [listed] = await driver.listImages({ name });
    assertEquals(listed?.id, copy.id);
    await until(async () =>
      (await driver.getNode(node)).extra.taskState === undefined
    );
    const clone = await driver.createNode({ name, image: copy, size });
    await using _cloneEnd = destroyAtEnd(driver, clone);
    const [running] = await driver.waitUntilRunning(clone);
    assertEquals(running?.imageId, copy.id);
    await driver.deleteImage(copy);
    await assertRejects(() => driver.getImage(copy), NotFoundError);
  },
});

Deno.test({
  ...needsCloud("key pairs are imported, created, listed and deleted"),
  fn: async () => {
    const driver = connect();
    const created = await driver.createKeyPair({ name: uniqueName() });
    assertStringIncludes(created.privateKey ?? "", "PRIVATE KEY");
    const publicKey = created.publicKey!;
    const name = uniqueName();
    const imported = await driver.importKeyPair({ name, publicKey });
    assertEquals(imported.fingerprint, created.fingerprint);
    await assertRejects(
      () => driver.importKeyPair({ name, publicKey }),
      ConflictError,
    );
    const names = (await driver.listKeyPairs()).map(({ name }) => name);
    assert(names.includes(name) && names.includes(created.name));
    assertEquals(
      (await driver.getKeyPair(imported)).publicKey?.trim(),
      publicKey.trim(),
    );
    await driver.deleteKeyPair(imported);
    await driver.deleteKeyPair(created);
    await assertRejects(() => driver.getKeyPair(imported), NotFoundError);
  },
});

Deno.test({
  ...needsCloud("each method rejects an id that the cloud does not know"),
  fn: async (test) => {
    const driver = connect();
    const { image, size } = await smallest(driver);
    const name = uniqueName();
    const calls: Record<string, () => PromiseLike<unknown>> = {
      getNode: () => driver.getNode(UNKNOWN),
      rebootNode: () => driver.rebootNode(UNKNOWN),
      destroyNode: () => driver.destroyNode(UNKNOWN),
      startNode: () => driver.startNode(UNKNOWN),
      stopNode: () => driver.stopNode(UNKNOWN),
      renameNode: () => driver.renameNode(UNKNOWN, { name }),
      resizeNode: () => driver.resizeNode(UNKNOWN, { size }),
      getKeyPair: () => driver.getKeyPair(UNKNOWN),
      deleteKeyPair: () => driver.deleteKeyPair(UNKNOWN),
      getImage: () => driver.getImage(UNKNOWN),
      createImage: () => driver.createImage(UNKNOWN, { name }),
      deleteImage: () => driver.deleteImage(UNKNOWN),
      getVolume: () => driver.getVolume(UNKNOWN),
      attachVolume: () => driver.attachVolume(UNKNOWN, { node: UNKNOWN }),
      detachVolume: () => driver.detachVolume(UNKNOWN),
      destroyVolume: () => driver.destroyVolume(UNKNOWN),
      createVolumeSnapshot: () => driver.createVolumeSnapshot(UNKNOWN),
      destroyVolumeSnapshot: () => driver.destroyVolumeSnapshot(UNKNOWN),
      getConsoleLog: () => driver.getConsoleLog(UNKNOWN),
    };
    for (const [method, call] of Object.entries(calls)) {
      await test.step(method, async () => {
        const error: CloudError = await assertRejects(
          async () => await call(),
          NotFoundError,
        );
        assertStringIncludes(error.message, `${method}: `);
      });
    }
    await test.step("createNode: image and size", async () => {
      for (const bad of [{ image: UNKNOWN, size }, { image, size: "999" }]) {
        const error = await assertRejects(
          async () => await driver.createNode({ name, ...bad }),
        );
        assertInstanceOf(error, ValidationError);
      }
    });
  },
});

Deno.test({
  ...needsCloud("a user who may only read creates nothing"),
  fn: async () => {
    const { image, size } = await smallest(connect());
    const driver = connect(credentials("readonly"));
    assert(Array.isArray(await driver.listNodes()));
    await assertRejects(
      () => driver.createNode({ name: uniqueName(), image, size }),
      PermissionDeniedError,
    );
  },
});
