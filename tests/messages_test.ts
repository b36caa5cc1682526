/**
 * The messages that callers read, as two tables: mistakes of a caller, and
 * failures of a provider. Read them as somebody who has not seen the code.
 *
 * @module
 */

import {
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import { CloudError, type Fetch, type Ref } from "../core/mod.ts";
import { file, script, sshKey } from "../core/compute/mod.ts";
import { formatZoneFile, parseZoneFile } from "../core/dns/zone_file.ts";
import { cloudInit } from "../deploy/cloud_init.ts";
import { ssh } from "../deploy/ssh.ts";
import { Ec2NodeDriver } from "../drivers/aws/ec2.ts";
import { DigitalOceanNodeDriver } from "../drivers/digitalocean/compute.ts";
import { LinodeNodeDriver } from "../drivers/linode/compute.ts";
import { NephoScaleNodeDriver } from "../drivers/nephoscale.ts";
import { cloudOptions } from "../drivers/openstack/clouds_yaml.ts";
import {
  createDriver,
  createDriverFromEnv,
  Provider,
} from "../drivers/registry.ts";
import { DigitalOceanSimulator } from "../simulators/digitalocean/mod.ts";
import { ACCOUNTS } from "./_support/accounts.ts";
import { rejection } from "./core/_acme.ts";

type Call = () => unknown;

/** Fails the test if a mistake of a caller leads to a request. */
const never: Fetch = ({ url }) =>
  Promise.reject(new Error(`unexpected request to ${url}`));

function digitalocean(fetch: Fetch = never): DigitalOceanNodeDriver {
  const retry = { baseMs: 1, maxMs: 2 };
  return new DigitalOceanNodeDriver({ token: "t0ken", fetch, retry });
}

function nephoscale(fetch: Fetch = never): NephoScaleNodeDriver {
  return new NephoScaleNodeDriver({ username: "me", password: "pw", fetch });
}

const NODE = { name: "web-1", size: "s-1vcpu-1gb", image: "debian-12-x64" };
const TOO_LONG = "#".repeat(70_000);
const wrong = <T>(value: unknown): T => value as T;

const MISTAKES: readonly (readonly [Call, message: string])[] = [
  [
    () => digitalocean().createNode(wrong({ name: "a", size: "s" })),
    "createNode: image must be an image or its id, got undefined",
  ],
  [
    () => digitalocean().createNode({ ...NODE, name: "" }),
    'createNode: name must be a non-empty string, got ""',
  ],
  [
    () => digitalocean().createNode({ ...NODE, auth: { password: "pw" } }),
    "createNode: DigitalOcean does not support auth; use importKeyPair()",
  ],
  [
    () => digitalocean().createNode({ ...NODE, userData: TOO_LONG }),
    "createNode: userData is 70000 bytes; DigitalOcean accepts at most 65536",
  ],
  [
    () => nephoscale().createNode({ ...NODE, keyPairs: ["1", "2"] }),
    "createNode: NephoScale accepts one key pair per node, got 2",
  ],
  [
    () => digitalocean().getNode(wrong<Ref>(3164444)),
    "getNode: node must be a node or its id, got number 3164444",
  ],
  [
    () => digitalocean().destroyNode(wrong<Ref>(undefined)),
    "destroyNode: node must be a node or its id, got undefined",
  ],
  [
    () => digitalocean().destroyNode(".."),
    'destroyNode: node must be a node or its id, got ".."',
  ],
  [
    () => digitalocean().createVolume({ name: "v", sizeGb: 0, location: "a" }),
    "createVolume: sizeGb must be an integer from 1 to 16384, got 0",
  ],
  [
    () => digitalocean().importKeyPair({ name: "k", publicKey: "a\nb" }),
    "importKeyPair: publicKey must be one line, as in authorized_keys",
  ],
  [
    async () => await digitalocean().listNodes({ pageSize: 1.5 }),
    "listNodes: pageSize must be an integer from 1 to 2147483647, got 1.5",
  ],
  [
    async () => await digitalocean().listNodes({ timeoutMs: 0 }),
    "listNodes: timeoutMs must be a number from 1 to 2147483647, got 0",
  ],
  [
    () => parseZoneFile("@ MX 10\n", { origin: "example.com" }),
    "parseZoneFile: line 1: MX host is missing",
  ],
  [
    () =>
      formatZoneFile({
        origin: "example.com",
        recordSets: [{ name: "@", type: "CNAME", data: ["www"] }],
      }),
    "formatZoneFile: recordSets[0]: data[0] must be an absolute name such as " +
    '"mx1.example.com" or "localhost.", got "www"',
  ],
  [
    () => digitalocean().getAccount({ headers: { "bad header": "a" } }),
    'getAccount: headers has the invalid name "bad header"',
  ],
  [
    () => Reflect.construct(DigitalOceanNodeDriver, []),
    "DigitalOceanNodeDriver: token is required",
  ],
  [
    () => new LinodeNodeDriver({ token: "schlüssel" }),
    "LinodeNodeDriver: token contains characters that an HTTP header cannot " +
    "carry",
  ],
  [
    () => new LinodeNodeDriver({ token: "a", baseUrl: "http://api.example" }),
    "LinodeNodeDriver: baseUrl must start with https:// (or set allowInsecure)",
  ],
  [
    () => Ec2NodeDriver.fromEnv({ AWS_ACCESS_KEY_ID: "AKIDEXAMPLE" }),
    "fromEnv: missing environment variables: AWS_SECRET_ACCESS_KEY, " +
    "AWS_REGION or AWS_DEFAULT_REGION",
  ],
  [
    () => createDriver("aws" as string, {}),
    'createDriver: no driver has the id "aws"; known ids: ' +
    Object.values(Provider).join(", "),
  ],
  [
    () => createDriverFromEnv("linode", {}),
    "fromEnv: missing environment variables: LINODE_TOKEN or LINODE_CLI_TOKEN",
  ],
  [
    () =>
      digitalocean().deployNode({
        ...NODE,
        deploy: wrong("apt install"),
        via: cloudInit(),
      }),
    "deployNode: deploy must be steps made by sshKey(), file() or script(), " +
    "got a string",
  ],
  [
    () => digitalocean().deployNode({ ...NODE, deploy: [], via: wrong(null) }),
    "deployNode: via is required, e.g. via: cloudInit() or via: ssh(...)",
  ],
  [
    () =>
      digitalocean().deployNode({
        ...NODE,
        deploy: [],
        via: cloudInit(),
        onFailure: wrong("delete"),
      }),
    'deployNode: onFailure must be "keep" or "destroy", got "delete"',
  ],
  [
    () => cloudInit({ phoneHome: "ftp://example.com" }),
    "cloudInit: phoneHome must be an http:// or https:// URL, got " +
    '"ftp://..."',
  ],
  [
    () => ssh({ password: "pw", hostKey: "yes" }),
    'ssh: hostKey must be a key, a fingerprint ("SHA256:…"), "inject" or ' +
    '"accept-new", got "yes"',
  ],
  [
    () => file("motd", ""),
    'file: path must be the absolute path of a file, got "motd"',
  ],
  [() => script(" "), "script: text must be a non-empty string"],
  [
    () => sshKey("-----BEGIN OPENSSH PRIVATE KEY-----"),
    "sshKey: publicKey must be one line, as in authorized_keys",
  ],
  [
    () => cloudOptions({ cloudsYaml: "clouds: { web: {} }", cloud: "we" }),
    'cloudOptions: cloud must be "web", got "we"',
  ],
  [
    () =>
      cloudOptions({
        cloudsYaml: "clouds: { web: { auth: { auth_url: u, password: 12 } } }",
      }),
    "cloudOptions: clouds.yaml: clouds.web.auth.password must be a string, " +
    "got number; put quotes around it",
  ],
  [
    () => cloudOptions({ cloudsYaml: "clouds: { web: { verify: false } }" }),
    "cloudOptions: clouds.yaml: clouds.web.verify is not supported by fetch; " +
    "pass your own fetch, which does it",
  ],
];

/** A `fetch` that responds with this. */
function respond(status: number, body: string, type = "application/json") {
  const headers = { "content-type": type, "x-request-id": "r-7" };
  return () => Promise.resolve(new Response(body, { status, headers }));
}

function fail(message: string, code: string): Fetch {
  const cause = Object.assign(new Error(message), { code });
  return () => Promise.reject(new TypeError("fetch failed", { cause }));
}

const FAULT = JSON.stringify({
  id: "unprocessable_entity",
  message: "Droplet limit exceeded",
});
const HTML = "<!doctype html><title>Bad Gateway</title>";

/** A simulated account whose nodes boot for an hour. */
const slow = new DigitalOceanSimulator({ createMs: 3_600_000 });

const FAILURES: readonly (readonly [Call, message: string | RegExp])[] = [
  [
    () => digitalocean(respond(422, FAULT)).createNode(NODE),
    'createNode: DigitalOcean refused: "Droplet limit exceeded" (422, code ' +
    "unprocessable_entity, request id r-7)",
  ],
  [
    () => digitalocean(respond(401, "{}")).getAccount(),
    "getAccount: DigitalOcean refused (401, request id r-7)",
  ],
  [
    () => digitalocean(respond(404, "")).getNode("5"),
    "getNode: DigitalOcean refused (404, request id r-7)",
  ],
  [
    () => nephoscale(respond(200, '{"data":[]}')).getNode("5"),
    "getNode: no node has the id 5",
  ],
  [
    () => digitalocean(respond(503, HTML, "text/html")).createNode(NODE),
    "createNode: DigitalOcean failed (503, request id r-7)",
  ],
  [
    async () => await digitalocean(respond(200, HTML, "text/html")).listNodes(),
    "listNodes: expected JSON, got text/html (HTTP 200)",
  ],
  [
    async () => await digitalocean(respond(200, '{"drop')).listNodes(),
    "listNodes: response is not valid JSON (application/json, HTTP 200)",
  ],
  [
    async () => await digitalocean(respond(200, "{}")).listNodes(),
    "listNodes: unexpected response fields (application/json, HTTP 200)",
  ],
  [
    () => digitalocean(fail("read ECONNRESET", "ECONNRESET")).createNode(NODE),
    "createNode: connection to api.digitalocean.com lost (read ECONNRESET); " +
    "the request may have been applied",
  ],
  [
    () =>
      digitalocean(fail("connect ECONNREFUSED", "ECONNREFUSED"))
        .getAccount({ retry: false }),
    "getAccount: could not connect to api.digitalocean.com " +
    "(connect ECONNREFUSED)",
  ],
  [
    () =>
      digitalocean(() => new Promise(() => {})).getAccount({ timeoutMs: 20 }),
    "getAccount: timed out after 20 ms",
  ],
  [
    async () => {
      const cloud = new DigitalOceanNodeDriver({
        ...slow.credentials,
        fetch: slow.fetch,
      });
      const location = "fra1";
      const node = await cloud.createNode({ ...NODE, location });
      await cloud.waitUntilRunning(node, { intervalMs: 5, timeoutMs: 100 });
    },
    "waitUntilRunning: timed out after 100 ms; web-1 is pending",
  ],
  [
    () =>
      digitalocean(() =>
        Promise.resolve(Response.json({
          droplet: { id: 5, name: "web-1", status: "archive" },
        }))
      ).waitUntilRunning("5"),
    'waitUntilRunning: node 5 is in state "terminated"',
  ],
  [
    () =>
      digitalocean(() =>
        Promise.resolve(
          new Response(null, {
            status: 302,
            headers: { location: "https://elsewhere.example/login" },
          }),
        )
      ).getAccount(),
    "getAccount: redirect to https://elsewhere.example is not followed",
  ],
  [
    () => {
      const options = { token: "t0ken", maxBodyBytes: 10 };
      const fetch = respond(200, `{"account":"${"x".repeat(20)}"}`);
      return new DigitalOceanNodeDriver({ ...options, fetch }).getAccount();
    },
    "getAccount: response body is longer than maxBodyBytes (10)",
  ],
  [
    () =>
      digitalocean(respond(422, JSON.stringify({ message: "a\r\nb\x1b[31m" })))
        .createNode(NODE),
    'createNode: DigitalOcean refused: "a b [31m" (422, request id r-7)',
  ],
];

for (const [call, message] of MISTAKES) {
  Deno.test(`A mistake of a caller is reported as "${message}"`, async () => {
    const error = await rejection((async () => await call())());
    assertInstanceOf(error, Error);
    assertEquals(error.message, message);
    assertEquals(CloudError.is(error), false);
  });
}

for (const [call, message] of FAILURES) {
  Deno.test(`A failure of a provider is reported as "${message}"`, async () => {
    const error = await rejection((async () => await call())());
    assertInstanceOf(error, CloudError);
    assertEquals(error.message, message);
  });
}

Deno.test("Every driver names itself in its messages as in the README", async () => {
  const readme = await Deno.readTextFile(
    new URL("../README.md", import.meta.url),
  );
  for (const [id, open] of Object.entries(ACCOUNTS)) {
    const { displayName } = open({ nodes: 0, largestPage: 1 }).connect();
    assertNotEquals(displayName, id);
    assertMatch(
      readme,
      new RegExp(
        `^\\| \\[${displayName}\\]\\(docs/providers/${id}\\.md\\)`,
        "m",
      ),
    );
  }
});
