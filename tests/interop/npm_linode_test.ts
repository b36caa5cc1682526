/**
 * Runs Linode's own JavaScript client, which its web console uses, against the
 * simulator over loopback, and compares its results with those of
 * `LinodeNodeDriver`.
 *
 * The URL of the API is a constant of the client. An interceptor of its HTTP
 * library redirects its requests to the simulator.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  baseRequest,
  cloneDomain,
  createDomain,
  createDomainRecord,
  createLinode,
  createSSHKey,
  createVolume,
  deleteDomain,
  deleteDomainRecord,
  deleteLinode,
  deleteSSHKey,
  getAccountInfo,
  getDNSZoneFile,
  getDomain,
  getDomainRecord,
  getDomainRecords,
  getDomains,
  getEvents,
  getImage,
  getImages,
  getLinode,
  getLinodeBackups,
  getLinodeDisks,
  getLinodes,
  getLinodeTypes,
  getProfile,
  getRegions,
  getSSHKeys,
  getStackScripts,
  getTags,
  getVolumes,
  type Linode,
  linodeReboot,
  linodeShutdown,
  setToken,
  updateDomain,
  updateDomainRecord,
  updateLinode,
} from "npm:@linode/api-v4@0.158.0";
import { NotFoundError } from "../../core/mod.ts";
import { LinodeNodeDriver } from "../../drivers/linode/compute.ts";
import { LinodeDnsDriver } from "../../drivers/linode/dns.ts";
import { LinodeSimulator } from "../../simulators/linode/mod.ts";
import { Clock } from "../_support/clock.ts";
import { IMMEDIATE } from "../_support/immediate.ts";
import { serve } from "../_support/serve.ts";

const TOKEN = "abc.DEF-123";
const API = "https://api.linode.com";

let base = "";
baseRequest.interceptors.request.use((config) => {
  const { url = "" } = config;
  assert(url.startsWith(`${API}/`), url);
  return { ...config, url: base + url.slice(API.length) };
});

let interceptor: number | undefined;

/** Makes the client send this token from now on. */
function useToken(token: string): void {
  const { request } = baseRequest.interceptors;
  if (interceptor !== undefined) request.eject(interceptor);
  interceptor = setToken(token);
}

/** Starts a simulator on loopback for both clients. */
function setUp(nodes = 60) {
  const clock = new Clock();
  const simulator = new LinodeSimulator({
    ...IMMEDIATE.linode,
    token: TOKEN,
    nodes,
    zones: 3,
    provisionMs: 20,
    bootMs: 20,
    actionMs: 20,
    now: clock.now,
  });
  const server = serve(simulator.fetch);
  base = server.url;
  useToken(TOKEN);
  return {
    clock,
    ours: new LinodeNodeDriver({ token: TOKEN, baseUrl: `${server.url}/v4` }),
    dns: new LinodeDnsDriver({ token: TOKEN, baseUrl: `${server.url}/v4` }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const ALL = { page_size: 500 };

Deno.test("@linode/api-v4 lists the same records as LinodeNodeDriver", async () => {
  await using api = setUp();
  const { ours } = api;

  const regions = await getRegions(ALL);
  assertEquals(regions.results, 8);
  assertEquals(
    regions.data.map(({ id, label, country }) => [
      id,
      label,
      country.toUpperCase(),
    ]),
    (await ours.listLocations()).map((it) => [it.id, it.name, it.country]),
  );
  const types = await getLinodeTypes(ALL);
  assertEquals(types.results, 8);
  assertEquals<unknown>(
    types.data.map((it) => [
      it.id,
      it.label,
      it.vcpus,
      it.memory,
      it.disk / 1024,
      it.transfer,
      it.price.hourly,
      it.price.monthly,
      it.region_prices.map(({ id, hourly }) => [id, hourly]),
    ]),
    (await ours.listSizes()).map((it) => [
      it.id,
      it.name,
      it.vcpus,
      it.ramMib,
      it.diskGb,
      it.transferGb,
      it.price?.hourly,
      it.price?.monthly,
      it.locationPrices.map((it) => [it.locationId, it.hourly]),
    ]),
  );
  for (const isPublic of [undefined, true, false]) {
    const filter = isPublic === undefined ? {} : { is_public: isPublic };
    const images = await getImages(ALL, filter);
    assert(images.results > 0);
    assertEquals(
      images.data.map(({ id, label, is_public }) => [id, label, is_public]),
      (await ours.listImages({ isPublic })).map((it) => [
        it.id,
        it.name,
        it.extra.isPublic,
      ]),
    );
  }
  // Their client reads three pages, our driver one.
  const linodes = await Promise.all(
    [1, 2, 3].map((page) => getLinodes({ page, page_size: 25 })),
  );
  assertEquals(linodes[0]!.results, 60);
  assertEquals(
    linodes.flatMap(({ data }) => data).map(brief),
    (await ours.listNodes()).map((it) => [
      Number(it.id),
      it.name,
      it.state,
      it.sizeId,
      it.imageId,
      it.locationId,
      [...it.publicIps.slice(0, 1), ...it.privateIps],
      `${it.publicIps.at(-1)}/128`,
    ]),
  );
  const filter = { tags: "web-server" };
  assertEquals(
    (await getLinodes(ALL, filter)).data.map(({ id }) => String(id)),
    (await ours.listNodes({ filter })).map(({ id }) => id),
  );
  const keys = await getSSHKeys();
  assertEquals(keys.results, 1);
  assertEquals(
    keys.data.map(({ id, label, ssh_key }) => [`${id}`, label, ssh_key]),
    (await ours.listKeyPairs()).map((it) => [it.id, it.name, it.publicKey]),
  );
  const volumes = await getVolumes();
  assertEquals(volumes.results, 2);
  assertEquals(
    volumes.data.map((it) => [
      `${it.id}`,
      it.label,
      it.size,
      it.linode_id === null ? undefined : `${it.linode_id}`,
      it.region,
      it.filesystem_path,
    ]),
    (await ours.listVolumes()).map((it) => [
      it.id,
      it.name,
      it.sizeGb,
      it.nodeId,
      it.locationId,
      it.extra.path,
    ]),
  );
  const { id } = linodes[0]!.data[0]!;
  assertEquals(
    (await getLinodeDisks(id)).data.map(({ id, label, size }) => [
      `${id}`,
      label,
      size,
    ]),
    (await ours.listDisks(`${id}`)).map((it) => [it.id, it.name, it.sizeMib]),
  );
  const { automatic } = await getLinodeBackups(id);
  assertEquals(
    automatic.map(({ id, status }) => [`${id}`, status]),
    (await ours.listBackups(`${id}`)).map(({ id, status }) => [id, status]),
  );
  assertEquals(
    (await getStackScripts()).data.map(({ id, label }) => [`${id}`, label]),
    (await ours.listStackScripts()).map(({ id, name }) => [id, name]),
  );
  assertEquals(
    (await getTags()).data.map(({ label }) => label),
    (await ours.listTags()).map(({ id }) => id),
  );
  assertEquals(
    (await getEvents()).data.map(({ id, action }) => [`${id}`, action]),
    (await ours.listEvents()).map(({ id, action }) => [id, action]),
  );
  assertEquals((await getAccountInfo()).euuid, (await ours.getAccount()).id);
  assertEquals((await getProfile()).username, "myuser");
  assertEquals(
    (await getImage("linode/debian12")).label,
    (await ours.getImage("linode/debian12")).name,
  );
});

/** The fields of a node of their client, in the order used above. */
function brief(it: Linode): unknown[] {
  return [
    it.id,
    it.label,
    it.status,
    it.type,
    it.image,
    it.region,
    it.ipv4,
    it.ipv6,
  ];
}

Deno.test("@linode/api-v4 and LinodeNodeDriver read the records that the other created", async () => {
  await using api = setUp(1);
  const { clock, ours } = api;
  const key = await createSSHKey({
    label: "theirs",
    ssh_key: "ssh-ed25519 AAAAC3Nza me@example.com",
  });
  assertEquals((await ours.getKeyPair(`${key.id}`)).name, "theirs");
  const theirs = await createLinode({
    region: "us-east",
    type: "g6-standard-1",
    image: "linode/debian12",
    root_pass: "Tr0ub4dor&3",
    label: "theirs",
    authorized_users: ["myuser"],
    booted: true,
  });
  const [node] = await ours.waitUntilRunning(`${theirs.id}`, {
    intervalMs: 5,
  });
  assertEquals([node?.name, node?.sizeId], ["theirs", "g6-standard-1"]);
  const mine = await ours.createNode({
    name: "ours",
    size: "g6-standard-1",
    image: "linode/debian12",
    location: "us-east",
    keyPairs: [`${key.id}`],
  });
  assertEquals((await getLinode(Number(mine.id))).label, "ours");

  await updateLinode(theirs.id, { label: "renamed" });
  assertEquals((await ours.getNode(`${theirs.id}`)).name, "renamed");
  await clock.stoppedDuring(async () => {
    await linodeReboot(theirs.id);
    assertEquals((await ours.getNode(`${theirs.id}`)).state, "rebooting");
    assertEquals(await refusal(linodeShutdown(theirs.id)), [
      { reason: "Linode busy." },
    ]);
  });
  await ours.waitUntilRunning(`${theirs.id}`, { intervalMs: 5 });

  const volume = await createVolume(
    {
      label: "data",
      size: 20,
      region: "us-east",
    } as Parameters<typeof createVolume>[0],
  );
  assertEquals((await ours.getVolume(`${volume.id}`)).sizeGb, 20);

  await deleteSSHKey(key.id);
  await assertRejects(() => ours.getKeyPair(`${key.id}`), NotFoundError);
  await deleteLinode(theirs.id);
  await assertRejects(() => ours.getNode(`${theirs.id}`), NotFoundError);
});

Deno.test("@linode/api-v4 and LinodeNodeDriver reject with the same errors", async () => {
  await using api = setUp(1);
  await assertRejects(() => api.ours.getNode("1"), NotFoundError, "Not found");
  assertEquals(await refusal(getLinode(1)), [
    { reason: "Not found" },
  ]);
  useToken("wrong");
  assertEquals(await refusal(getLinodes()), [
    { reason: "Invalid Token" },
  ]);
});

/** Returns the errors in the response that made a call of the client fail. */
async function refusal(call: Promise<unknown>): Promise<unknown> {
  try {
    return { accepted: await call };
  } catch (error) {
    const { response } = error as {
      response?: { data?: { errors?: unknown } };
    };
    return response?.data?.errors;
  }
}

Deno.test("@linode/api-v4 lists the same zones and records as LinodeDnsDriver", async () => {
  await using api = setUp(0);
  const { dns } = api;
  const zones = await dns.listZones();
  const domains = await getDomains(ALL);
  assertEquals(
    domains.data.map((it) => [String(it.id), it.domain, it.soa_email]),
    zones.map((it) => [it.id, it.name, it.extra.soaEmail]),
  );
  const filter = { domain: "zone-2.example" };
  const [found] = (await getDomains(ALL, filter)).data;
  assert(found);
  assertEquals(
    String(found.id),
    (await dns.getZone({ name: found.domain })).id,
  );
  const { data: records } = await getDomainRecords(found.id, ALL);
  const sets = await dns.listRecordSets(`${found.id}`);
  assertEquals(
    records.map((it) => String(it.id)).sort(),
    sets.flatMap(({ extra }) => extra.records.map(({ id }) => id)).sort(),
  );
  const { zone_file } = await getDNSZoneFile(found.id);
  assertEquals(
    await dns.exportZoneFile(`${found.id}`),
    [...zone_file, ""].join("\n"),
  );
});

Deno.test("@linode/api-v4 creates, changes and deletes what LinodeDnsDriver reads", async () => {
  await using api = setUp(0);
  const { dns } = api;
  const { id } = await createDomain({
    domain: "new.example",
    type: "master",
    soa_email: "me@new.example",
  });
  const zone = `${id}`;
  await updateDomain(id, { ttl_sec: 300, tags: ["prod"] });
  const { ttl, extra } = await dns.getZone(zone);
  assertEquals([ttl, extra.tags], [300, ["prod"]]);
  const srv = await createDomainRecord(id, {
    type: "SRV",
    service: "sip",
    protocol: "udp",
    target: "sip.example.net",
    priority: 1,
    weight: 2,
    port: 5060,
    ttl_sec: 100,
  });
  const key = { name: "_sip._udp", type: "SRV" } as const;
  const set = await dns.getRecordSet(zone, key);
  assertEquals(set.ttl, 120);
  assertEquals(set.data, [
    { priority: 1, weight: 2, port: 5060, host: "sip.example.net" },
  ]);
  await updateDomainRecord(id, srv.id, { port: 5061 });
  assertEquals((await getDomainRecord(id, srv.id)).port, 5061);
  await dns.addRecord(zone, { name: "@", type: "TXT", data: ['a "b"'] });
  const { data } = await getDomainRecords(id, ALL);
  assertEquals(
    data.map(({ type, name, target }) => [type, name, target]),
    [
      ["SRV", "_sip._udp", "sip.example.net"],
      ["TXT", "", 'a "b"'],
    ],
  );
  const clone = await cloneDomain(id, { domain: "clone.example" });
  assertEquals((await dns.listRecordSets(`${clone.id}`)).length, 2);
  await deleteDomainRecord(id, srv.id);
  assertEquals((await dns.listRecordSets(zone)).map((it) => it.type), ["TXT"]);
  await deleteDomain(id);
  await assertRejects(() => dns.getZone(zone), NotFoundError);
  const error = await assertRejects(() => getDomain(id));
  assertEquals(
    (error as { response?: { status: number } }).response?.status,
    404,
  );
});
