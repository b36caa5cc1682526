import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { Listing } from "../../core/mod.ts";
import { Ec2NetworkDriver } from "../../drivers/aws/ec2_network.ts";
import { LinodeNodeDriver } from "../../drivers/linode/compute.ts";
import { NephoScaleNodeDriver } from "../../drivers/nephoscale.ts";
import { ACCOUNTS } from "../_support/accounts.ts";

let sent = 0;

/** A `fetch` that counts, and sends nothing. */
function noFetch(): Promise<Response> {
  sent++;
  return Promise.reject(new Error("a request was sent"));
}

const keys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
const ec2 = new Ec2NetworkDriver({
  ...keys,
  region: "us-east-1",
  retry: false,
  fetch: noFetch,
});
const linode = new LinodeNodeDriver({
  token: "token",
  retry: false,
  fetch: noFetch,
});

/** Lists that are given an empty list of ids or other alternatives. */
const EMPTY: Readonly<Record<string, (options: object) => Listing<unknown>>> = {
  "ec2.listImages({ ids: [] })": (options) =>
    ec2.listImages({ ...options, ids: [] }),
  "ec2.listImages({ owners: [] })": (options) =>
    ec2.listImages({ ...options, owners: [], name: "debian-*" }),
  "ec2.listVolumeSnapshots({ owners: [] })": (options) =>
    ec2.listVolumeSnapshots(undefined, { ...options, owners: [] }),
  ...Object.fromEntries(
    ([
      "listNodes",
      "listImages",
      "listLocations",
      "listKeyPairs",
      "listVolumes",
      "listRegions",
      "listSecurityGroups",
      "listVpcs",
      "listSubnets",
      "listAddresses",
    ] as const).map((method) => [
      `ec2.${method}({ filters })`,
      (options: object) =>
        ec2[method]({
          ...options,
          filters: { "tag:env": "prod", "instance-id": [] },
        }),
    ]),
  ),
  "ec2.listSizes({ filters })": (options) =>
    ec2.listSizes({ ...options, live: true, filters: { vcpus: [] } }),
  "linode.listNodes({ filter: +or })": (options) =>
    linode.listNodes({ ...options, filter: { "+or": [] } }),
  "linode.listImages({ filter: +and, +or })": (options) =>
    linode.listImages({
      ...options,
      filter: { "+and": [{ label: "a" }, { "+or": [] }] },
    }),
  "linode.listVolumes({ filter: ids })": (options) =>
    linode.listVolumes({ ...options, filter: { id: [] } }),
  "linode.listStackScripts({ filter: nested })": (options) =>
    linode.listStackScripts({
      ...options,
      filter: { "+or": [{ id: [] }, { "+or": [] }] },
    }),
  "linode.listEvents({ filter: +or })": (options) =>
    linode.listEvents({ ...options, filter: { "+or": [] } }),
};

for (const [name, list] of Object.entries(EMPTY)) {
  Deno.test(`${name} lists nothing, without a request, if the array is empty`, async () => {
    sent = 0;
    assertInstanceOf(list({}), Listing);
    assertEquals(await list({}), []);
    const pages = await Array.fromAsync(list({}).pages());
    assertEquals(pages, [{ items: [], next: undefined }]);
    await assertRejects(async () => await list({ from: "1.x.a=1" }), TypeError);
    const reason = new Error("stop");
    const signal = AbortSignal.abort(reason);
    const error = await assertRejects(async () => await list({ signal }));
    assertEquals(error, reason);
    assertEquals(sent, 0);
  });
}

Deno.test("Ec2NetworkDriver sends no request for an empty array of resources or rules", async () => {
  sent = 0;
  await ec2.createTags([], { tags: { env: "prod" } });
  await ec2.deleteTags([], { keys: ["env"] });
  await ec2.authorizeIngress("sg-1", { rules: [] });
  await ec2.revokeIngress("sg-1", { rules: [] });
  // Other arguments are checked all the same.
  await assertRejects(() => ec2.deleteTags([], { keys: [] }), TypeError);
  await assertRejects(
    () => ec2.createTags([], { tags: "env" as never }),
    TypeError,
  );
  await assertRejects(
    () => ec2.revokeIngress("sg-1", {} as never),
    TypeError,
    "revokeIngress: rules must be an array, got undefined",
  );
  assertEquals(sent, 0);
});

Deno.test("waitUntilRunning() resolves to no nodes, without a request, for an empty array", async () => {
  for (const open of Object.values(ACCOUNTS)) {
    sent = 0;
    const account = open({ nodes: 2, largestPage: 10 });
    const driver = account.connect({ fetch: noFetch });
    assertEquals(await driver.waitUntilRunning([]), []);
    const { ready, waiting } = await driver.waitUntilRunning([], {
      once: true,
    });
    assertEquals([ready, waiting], [[], []]);
    assertEquals(sent, 0);
  }
});

Deno.test("Ec2NodeDriver rejects filters and owners of a wrong type before any request", async () => {
  sent = 0;
  for (const value of [undefined, null, 5, [5], [undefined], {}]) {
    const filters = { "instance-id": value } as never;
    await assertRejects(
      async () => await ec2.listNodes({ filters }),
      TypeError,
      'listNodes: filters["instance-id"] must be a string or an array of strings, got ',
    );
  }
  for (const owners of ["self", null, 5, [5], [""]] as never[]) {
    for (
      const list of [
        () => ec2.listImages({ owners }),
        () => ec2.listVolumeSnapshots(undefined, { owners }),
      ]
    ) {
      await assertRejects(async () => await list(), TypeError, ": owners must");
    }
  }
  assertEquals(sent, 0);
});

Deno.test('NephoScaleNodeDriver.listKeyPairs() does not take "" for all kinds or groups', async () => {
  sent = 0;
  const credentials = { username: "me", password: "secret" };
  const driver = new NephoScaleNodeDriver({ ...credentials, fetch: noFetch });
  for (const options of [{ kind: "" }, { group: "" }] as never[]) {
    await assertRejects(
      async () => await driver.listKeyPairs(options),
      TypeError,
    );
  }
  assertEquals(sent, 0);
});
