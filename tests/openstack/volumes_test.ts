/**
 * Volumes and snapshots in a real cloud.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { NotFoundError } from "../../core/mod.ts";
import {
  connect,
  destroyAtEnd,
  needsCloud,
  smallest,
  uniqueName,
  until,
} from "./_cloud.ts";

Deno.test({
  ...needsCloud("a volume is attached, detached, copied and destroyed"),
  fn: async () => {
    const driver = connect();
    const name = uniqueName();
    const { image, size } = await smallest(driver);
    const node = await driver.createNode({ name, image, size });
    await using _end = destroyAtEnd(driver, node);
    await driver.waitUntilRunning(node);
    const volume = await driver.createVolume({ name, sizeGb: 1 });
    const reaches = (status: string) =>
      until(async () =>
        (await driver.getVolume(volume)).extra.status === status
      );
    await reaches("available");

    await driver.attachVolume(volume, { node });
    await reaches("in-use");
    assertEquals((await driver.getVolume(volume)).nodeId, node.id);
    assertEquals((await driver.getNode(node)).extra.volumeIds, [volume.id]);
    const [listed] = (await driver.listVolumes())
      .filter(({ id }) => id === volume.id);
    assertEquals([listed?.sizeGb, listed?.nodeId], [1, node.id]);
    await driver.detachVolume(volume);
    await reaches("available");

    const snapshot = await driver.createVolumeSnapshot(volume, { name });
    await until(async () =>
      (await driver.getVolumeSnapshot(snapshot)).extra.status === "available"
    );
    const snapshots = await driver.listVolumeSnapshots(volume);
    assertEquals(snapshots.map(({ id }) => id), [snapshot.id]);
    await driver.destroyVolumeSnapshot(snapshot);
    await until(async () =>
      (await driver.listVolumeSnapshots(volume)).length === 0
    );
    await driver.destroyVolume(volume);
    await until(() =>
      driver.getVolume(volume).then(() => false, (error) => {
        assert(error instanceof NotFoundError, error);
        return true;
      })
    );
    await assertRejects(() => driver.destroyVolume(volume), NotFoundError);
  },
});
