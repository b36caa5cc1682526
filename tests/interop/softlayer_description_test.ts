/**
 * Holds the requests of the driver and the responses of the simulator against
 * the metadata of SoftLayer's API, which is not part of this repository.
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { SoftLayerNodeDriver } from "../../drivers/softlayer/compute.ts";
import { TYPES } from "../../simulators/softlayer/_types.ts";
import { SoftLayerSimulator } from "../../simulators/softlayer/mod.ts";
import { needsReference, readReference } from "../_support/reference.ts";
import {
  type Metadata,
  MetadataChecker,
} from "../_support/softlayer_metadata.ts";

const FILE = "softlayer.types.json";
const metadata = await readReference<
  & Metadata
  & {
    readonly samples: Readonly<
      Record<string, Readonly<Record<string, unknown>>>
    >;
  }
>(FILE);

/** The figures of 2015, from which `data/softlayer.json` was made. */
const PRICES = "sizes-and-prices/softlayer.json";

interface Prices {
  readonly currency: string;
  readonly date: string;
  readonly sizes: readonly {
    readonly id: number;
    readonly name: string;
    readonly vcpus: number;
    readonly ramMiB: number;
    readonly diskGB: number;
    readonly pricePerHour: number;
  }[];
  readonly datacenters: Readonly<Record<string, { readonly country: string }>>;
}

const prices = await readReference<Prices>(PRICES);

const KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFtZXhhbXBsZWtleWFtZXhhbXBsZWtleWFtZXhhbXBs me@example.com";

const test = (name: string, fn: () => Promise<void>) =>
  Deno.test({ ...needsReference(name, FILE, metadata), fn });

test("SoftLayerNodeDriver and SoftLayerSimulator conform to SoftLayer's metadata", async () => {
  const simulator = new SoftLayerSimulator({
    nodes: 3,
    createMs: 0,
    actionMs: 0,
  });
  const checker = new MetadataChecker(metadata!);
  const cloud = new SoftLayerNodeDriver({
    ...simulator.credentials,
    fetch: checker.through(simulator.fetch),
  });
  await cloud.listLocations();
  await cloud.listFlavors();
  const images = await cloud.listImages();
  const key = await cloud.importKeyPair({
    name: "me",
    publicKey: KEY,
    notes: "n",
  });
  await cloud.listKeyPairs();
  await cloud.getKeyPair(key);
  const create = { name: "node-9", size: "5", location: "dal05" };
  const [system] = images;
  const own = images.at(-1)!;
  const nodes = [
    await cloud.createNode({
      ...create,
      image: system!,
      domain: "example.org",
      billing: "monthly",
      localDisk: false,
      dedicated: true,
      privateNetworkOnly: true,
      networkSpeedMbps: 100,
      frontendVlan: "11",
      backendVlan: "12",
      keyPairs: [key],
      userData: "hello",
      postInstallScriptUri: "https://example.com/a.sh",
      tags: ["web"],
    }),
    await cloud.createNode({ ...create, image: own, size: "B1_1X2X25" }),
  ];
  await cloud.listNodes({ pageSize: 2 });
  await cloud.listNodes({ tags: ["web"] });
  for (const node of nodes) {
    await cloud.getNode(node);
    await cloud.getLogins(node);
    await cloud.setTags(node, { tags: ["db"] });
    await cloud.renameNode(node, { name: "node-8", domain: "example.net" });
    await cloud.stopNode(node);
    await cloud.stopNode(node, { force: true });
    await cloud.startNode(node);
    await cloud.pauseNode(node);
    await cloud.resumeNode(node);
    await cloud.rebootNode(node);
    await cloud.rebootNode(node, { force: true });
  }
  await cloud.resizeNode(nodes[0]!, { size: "6" });
  const copy = await cloud.createImage(nodes[0]!, {
    name: "copy",
    description: "a note",
  });
  await cloud.getImage(copy);
  await cloud.getImage(system!);
  for (const node of nodes) await cloud.destroyNode(node);
  await cloud.deleteKeyPair(key);
  await cloud.deleteImage(copy);
  assertEquals([...checker.calls.keys()].sort(), [
    "SoftLayer_Account::getPrivateBlockDeviceTemplateGroups",
    "SoftLayer_Account::getSshKeys",
    "SoftLayer_Account::getVirtualGuests",
    "SoftLayer_Location::getDatacenters",
    "SoftLayer_Product_Order::placeOrder",
    "SoftLayer_Security_Ssh_Key::createObject",
    "SoftLayer_Security_Ssh_Key::deleteObject",
    "SoftLayer_Security_Ssh_Key::getObject",
    "SoftLayer_Virtual_Guest::createArchiveTemplate",
    "SoftLayer_Virtual_Guest::createObject",
    "SoftLayer_Virtual_Guest::deleteObject",
    "SoftLayer_Virtual_Guest::editObject",
    "SoftLayer_Virtual_Guest::getCreateObjectOptions",
    "SoftLayer_Virtual_Guest::getObject",
    "SoftLayer_Virtual_Guest::getUpgradeItemPrices",
    "SoftLayer_Virtual_Guest::pause",
    "SoftLayer_Virtual_Guest::powerOff",
    "SoftLayer_Virtual_Guest::powerOffSoft",
    "SoftLayer_Virtual_Guest::powerOn",
    "SoftLayer_Virtual_Guest::rebootHard",
    "SoftLayer_Virtual_Guest::rebootSoft",
    "SoftLayer_Virtual_Guest::resume",
    "SoftLayer_Virtual_Guest::setTags",
    "SoftLayer_Virtual_Guest_Block_Device_Template_Group::deleteObject",
  ]);
  const requests = [...checker.calls.values()].reduce((a, b) => a + b);
  console.log(
    `${checker.calls.size} methods, ${requests} requests and ` +
      `${checker.properties} properties conform`,
  );
  assert(requests > 40 && checker.properties > 1500);
});

test("SoftLayerSimulator knows only properties that SoftLayer's types have", () => {
  const checker = new MetadataChecker(metadata!);
  let compared = 0;
  for (const [type, fields] of Object.entries(TYPES)) {
    if (!metadata!.types[type]) continue;
    for (const [name, relation] of fields) {
      const expected = checker.fieldOf(type, name)?.replace(/\[\]$/, "");
      if (expected === undefined) continue;
      compared++;
      const isRelation = expected.startsWith("SoftLayer_");
      assertEquals(
        relation,
        isRelation ? expected : undefined,
        `${type}.${name}`,
      );
    }
  }
  console.log(`${compared} properties of the simulator conform`);
  assert(compared > 150);
  return Promise.resolve();
});

Deno.test({
  ...needsReference(
    "SoftLayerNodeDriver.listSizes() has the figures of the reference",
    PRICES,
    prices,
  ),
  async fn() {
    const simulator = new SoftLayerSimulator();
    const { credentials, fetch } = simulator;
    const cloud = new SoftLayerNodeDriver({ ...credentials, fetch });
    const { currency, date, sizes, datacenters } = prices!;
    assertEquals(
      await cloud.listSizes(),
      sizes.map((size) => ({
        id: String(size.id),
        name: size.name,
        vcpus: size.vcpus,
        ramMib: size.ramMiB,
        diskGb: size.diskGB,
        price: { currency, hourly: size.pricePerHour, asOf: date.slice(0, 10) },
        extra: {},
      })),
    );
    for (const { id, country } of await cloud.listLocations()) {
      const known = datacenters[id]?.country;
      if (known) assertEquals(country, known, id);
    }
  },
});

test("SoftLayer's sample responses conform to its own types", () => {
  // Otherwise the checker would be stricter than SoftLayer.
  const checker = new MetadataChecker(metadata!);
  const { samples, services } = metadata!;
  checker.checkValue(
    samples.SoftLayer_Location!.getDatacenters,
    services.SoftLayer_Location!.getDatacenters!.returns,
    "getDatacenters",
  );
  checker.checkValue(
    samples.SoftLayer_Account!.getPrivateBlockDeviceTemplateGroups,
    "SoftLayer_Virtual_Guest_Block_Device_Template_Group[]",
    "getPrivateBlockDeviceTemplateGroups",
  );
  checker.checkValue(
    samples.SoftLayer_Security_Ssh_Key!.getObject,
    "SoftLayer_Security_Ssh_Key",
    "getObject",
  );
  return Promise.resolve();
});

test("MetadataChecker notices what SoftLayer's metadata does not have", async () => {
  const checker = new MetadataChecker(metadata!);
  const fetch = checker.through(() =>
    Promise.resolve(Response.json({ size: 1 }))
  );
  const send = (path: string, parameters?: readonly unknown[]) =>
    fetch(
      new Request(`https://api.softlayer.com/rest/v3.1/${path}`, {
        method: parameters ? "POST" : "GET",
        body: parameters ? JSON.stringify({ parameters }) : null,
      }),
    );
  const guest = "SoftLayer_Virtual_Guest";
  const filter = (value: object) =>
    `SoftLayer_Account/getVirtualGuests.json?objectFilter=${
      encodeURIComponent(JSON.stringify(value))
    }`;
  for (
    const [path, parameters, reason] of [
      [`${guest}/1/getSize.json`, undefined, "there is no method"],
      [`${guest}/1/setTags.json`, ["a", "b"], "arguments of"],
      [`${guest}/1/setTags.json`, [7], "must be string, got 7"],
      [`${guest}/createObject.json`, [{ size: 1 }], "has no property size"],
      [
        `${guest}/createObject.json`,
        [{ datacenter: { size: 1 } }],
        "SoftLayer_Entity has no property size",
      ],
      [
        `${guest}/1.json?objectMask=mask[id,size]`,
        undefined,
        "has no property",
      ],
      [
        `${guest}/1.json?objectMask=mask[status[keyName,size]]`,
        undefined,
        "has no property",
      ],
      [`${guest}/1.json`, undefined, "has no property size"],
      [filter({ guests: {} }), undefined, "has no relation guests"],
      [
        filter({ virtualGuests: { size: { operation: 1 } } }),
        undefined,
        "has no property size",
      ],
    ] as const
  ) {
    await assertRejects(
      async () => await send(path, parameters),
      Error,
      reason,
    );
  }
  assertThrows(
    () => checker.checkValue("x", "int", "it"),
    Error,
    "must be int",
  );
});
