/**
 * `nephos dns` with simulated accounts, and with accounts that last for several
 * commands.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Route53DnsDriver } from "../../drivers/aws/route53.ts";
import { Route53Simulator } from "../../simulators/aws/route53.ts";
import { DigitalOceanSimulator } from "../../simulators/digitalocean/mod.ts";
import { PowerDnsSimulator } from "../../simulators/powerdns/mod.ts";
import { type Ended, nephos, type Setting } from "./_nephos.ts";

const ZONE_FILE = `$TTL 300
@    MX   10 mx1.example.net.
www  A    192.0.2.77
`;

/** A server with zones that stay as a command leaves them. */
function setUp(files: Record<string, string> = {}) {
  const powerdns = new PowerDnsSimulator({ zones: 2 });
  const digitalocean = new DigitalOceanSimulator();
  const env = {
    NEPHOS_PROVIDER: "powerdns",
    PDNS_API_KEY: powerdns.credentials.apiKey,
    DIGITALOCEAN_TOKEN: digitalocean.credentials.token,
  };
  const requests: string[] = [];
  const setting: Setting = {
    env,
    files: { "zone.txt": ZONE_FILE, ...files },
    fetch: (request) => {
      requests.push(`${request.method} ${new URL(request.url).pathname}`);
      const { hostname } = new URL(request.url);
      return hostname === "api.digitalocean.com"
        ? digitalocean.fetch(request)
        : powerdns.fetch(request);
    },
  };
  const run = (args: string, more: Setting = {}): Promise<Ended> =>
    nephos(args, { ...setting, ...more });
  return { run, requests, files: setting.files! };
}

const lines = (text: string) => text.trimEnd().split("\n");

Deno.test("nephos dns zones and records list what an account has", async () => {
  const { run } = setUp();
  const zones = await run("dns zones --columns name,state");
  assertEquals(lines(zones.stdout), [
    "NAME            STATE",
    "zone-1.example  active",
    "zone-2.example  active",
  ]);
  const names = await run("dns zones -o name --sort=-name");
  assertEquals(names.stdout, "zone-2.example\nzone-1.example\n");
  const mx = await run("dns records zone-1.example --type mx");
  assertEquals(lines(mx.stdout), [
    "NAME  TYPE  TTL  DATA",
    "@     MX    300  10 mx1.zone-1.example., 20 mx2.zone-1.example.",
  ]);
  const named = await run("dns records zone-1.example. --name www -o json");
  const sets = JSON.parse(named.stdout);
  assertEquals(sets.map((it: { type: string }) => it.type), ["A", "AAAA"]);
  assertEquals(sets[0].data, ["192.0.2.1", "192.0.2.2"]);
  const filtered = await run(
    "dns records zone-1.example --filter type=TXT -o name",
  );
  assertEquals(filtered.stdout, "@\n");
});

Deno.test("nephos dns works with a simulated account of every provider", async () => {
  for (const provider of ["digitalocean", "powerdns"]) {
    for (
      const command of [
        "zones",
        "records zone-1.example",
        "export zone-1.example",
      ]
    ) {
      const { code, stdout } = await nephos(
        `dns ${command} -p ${provider} --simulate`,
      );
      assertEquals(code, 0, `${provider} ${command}`);
      assertStringIncludes(stdout, "zone-1.example");
    }
  }
});

Deno.test("nephos dns export writes a zone file that sync takes for the same", async () => {
  const files: Record<string, string> = {};
  const { run } = setUp(files);
  const { stdout } = await run("dns export zone-1.example");
  assertStringIncludes(stdout, "$ORIGIN zone-1.example.\n");
  assertStringIncludes(stdout, "www 300 IN A 192.0.2.1\n");
  const again = setUp({ "same.txt": stdout });
  const { code, stdout: changes, stderr } = await again.run(
    "dns sync zone-1.example same.txt --prune",
  );
  assertEquals({ code, changes, stderr }, {
    code: 0,
    changes: "",
    stderr: "nothing to change; 5 record sets of zone-1.example stay\n",
  });
});

Deno.test("nephos dns plan shows the changes, and makes none", async () => {
  const { run, requests } = setUp();
  const { stdout, stderr } = await run(
    "dns plan zone-1.example zone.txt --prune",
  );
  assertEquals(lines(stdout).map((line) => line.replaceAll(/ +/g, " ")), [
    "ACTION NAME TYPE BEFORE AFTER",
    "replace @ MX 300 10 mx1.zone-1.example., 20 mx2.zone-1.example. 300 10 mx1.example.net.",
    "replace www A 300 192.0.2.1, 192.0.2.2 300 192.0.2.77",
    'delete @ TXT 3600 "v=spf1 mx -all" -',
    "delete www AAAA 300 2001:db8::1 -",
    "delete *.dev CNAME 300 www.zone-1.example. -",
  ]);
  assertEquals(
    stderr,
    "5 changes (2 replace, 3 delete); 0 record sets of zone-1.example stay\n",
  );
  assert(requests.every((it) => it.startsWith("GET ")), requests.join());
});

Deno.test("nephos dns apply makes the changes of a plan, unless the zone has changed", async () => {
  const { run, files } = setUp();
  const { stdout: plan } = await run(
    "dns plan zone-1.example zone.txt -o json",
  );
  files["plan.json"] = plan;
  const applied = await run("dns apply plan.json");
  assertEquals(applied.code, 0, applied.stderr);
  assertStringIncludes(applied.stdout, "192.0.2.77");
  files["other.txt"] = "new 300 A 192.0.2.5\n";
  await run("dns sync zone-1.example other.txt");
  const stale = await run("dns apply plan.json");
  assertEquals({ code: stale.code, stderr: lines(stale.stderr) }, {
    code: 1,
    stderr: [
      "error: applyPlan: the zone zone-1.example is not the one that the plan " +
      "was made from, or has changed since; make a new plan",
      'hint: run "nephos dns plan" again',
    ],
  });
});

Deno.test("nephos dns sync asks before it deletes, and not otherwise", async () => {
  const { run, requests } = setUp();
  const changed = () => requests.some((it) => !it.startsWith("GET "));
  const questions: string[] = [];
  const answering = (answer: string): Setting => ({
    ask: (question) => {
      questions.push(question);
      return Promise.resolve(answer);
    },
  });
  const no = await run(
    "dns sync zone-1.example zone.txt --prune",
    answering("n"),
  );
  assertEquals({ code: no.code, stdout: no.stdout }, { code: 1, stdout: "" });
  assertEquals(changed(), false);
  assertEquals(questions, [
    "3 record sets of zone-1.example at PowerDNS will be deleted: @ TXT, " +
    "www AAAA, *.dev CNAME. Continue? [y/N] ",
  ]);
  const without = await run("dns sync zone-1.example zone.txt", answering("n"));
  assertEquals(without.code, 0, without.stderr);
  assertEquals(questions.length, 1);
  const yes = await run(
    "dns sync zone-1.example zone.txt --prune",
    answering("y"),
  );
  assertEquals(lines(yes.stdout).length, 4);
  const { stdout } = await run("dns records zone-1.example -o name");
  assertEquals(lines(stdout).sort(), ["@ MX", "@ NS", "@ SOA", "www"]);
});

Deno.test("nephos dns sync with --dry-run shows the changes, and sends none", async () => {
  const { run, requests } = setUp();
  const { stdout, stderr } = await run(
    "dns sync zone-1.example zone.txt --prune --dry-run",
  );
  assertEquals(lines(stdout).length, 6);
  assertStringIncludes(
    stderr,
    "dry run: would make 5 changes in zone-1.example at PowerDNS; nothing was sent",
  );
  assert(requests.every((it) => it.startsWith("GET ")), requests.join());
});

Deno.test("nephos dns sync stops if too much would be deleted", async () => {
  const many = Array.from({ length: 12 }, (_, i) => `h${i} 300 A 192.0.2.${i}`);
  const { run, files, requests } = setUp({
    "many.txt": `${many.join("\n")}\n`,
  });
  await run("dns sync zone-2.example many.txt");
  requests.length = 0;
  files["few.txt"] = `${many.slice(0, 8).join("\n")}\n`;
  const stopped = await run("dns sync zone-2.example few.txt --prune --yes");
  assertEquals({ code: stopped.code, stderr: lines(stopped.stderr) }, {
    code: 2,
    stderr: [
      "error: 9 of 17 record sets would be deleted, which is more than 30 %",
      "hint: add for example --max-deleted-share 100% if this is right",
    ],
  });
  assert(requests.every((it) => it.startsWith("GET ")), requests.join());
  const permitted = await run(
    "dns sync zone-2.example few.txt --prune --yes --max-deleted-share 60%",
  );
  assertEquals(permitted.code, 0, permitted.stderr);
});

Deno.test("nephos dns sync tells what was made if it breaks off", async () => {
  const { run } = setUp();
  await run("dns import example.com zone.txt -p digitalocean");
  const digitalocean = new DigitalOceanSimulator({ zones: 1 });
  let writes = 0;
  const fetch: Setting["fetch"] = (request) =>
    request.method !== "GET" && ++writes > 1
      ? Promise.resolve(new Response("{}", { status: 422 }))
      : digitalocean.fetch(request);
  const env = {
    NEPHOS_PROVIDER: "digitalocean",
    DIGITALOCEAN_TOKEN: digitalocean.credentials.token,
  };
  const files = { "two.txt": "a 300 A 192.0.2.1\nb 300 A 192.0.2.1\n" };
  const ended = await nephos("dns sync zone-1.example two.txt", {
    env,
    files,
    fetch,
  });
  assertEquals(ended.code, 5);
  assertStringIncludes(ended.stderr, "; 1 of 2 changes were made\n");
  assertStringIncludes(ended.stderr, "hint: run the command again: ");
});

Deno.test("nephos dns import creates a zone, and adds to one", async () => {
  const { run, files } = setUp();
  const first = await run("dns import New.example zone.txt");
  assertEquals(first.code, 0, first.stderr);
  assertStringIncludes(first.stderr, "created the zone new.example\n");
  files["more.txt"] = "more 300 TXT text\n";
  const second = await run("dns import new.example more.txt");
  assertEquals(second.stderr.includes("created"), false);
  const { stdout } = await run(
    "dns records new.example -o name",
  );
  assertEquals(lines(stdout).sort(), ["@ MX", "@ SOA", "more", "www"]);
  const dry = await run("dns import other.example zone.txt --dry-run");
  assertStringIncludes(dry.stderr, "would create the zone other.example");
  assertEquals(
    (await run("dns zones -o name")).stdout.includes("other"),
    false,
  );
});

Deno.test("nephos dns copy copies a zone to another provider", async () => {
  const { run } = setUp();
  const copied = await run(
    "dns copy zone-1.example --to-provider digitalocean",
  );
  assertEquals(copied.code, 0, copied.stderr);
  assertEquals(lines(copied.stdout).length, 6);
  const { stdout } = await run(
    "dns records zone-1.example -p digitalocean --name www",
  );
  assertStringIncludes(stdout, "192.0.2.1, 192.0.2.2");
  const again = await run(
    "dns copy zone-1.example --to-provider digitalocean --prune",
  );
  assertStringIncludes(again.stderr, "nothing to change");
});

/** A Route 53 account with a private and a public zone of the same name. */
async function setUpRoute53() {
  const { credentials, fetch } = new Route53Simulator();
  const dns = new Route53DnsDriver({ ...credentials, fetch });
  const name = "example.com";
  const vpc = { id: "vpc-12345678", region: "eu-west-1" };
  const inside = await dns.createZone({ name, vpc });
  const outside = await dns.createZone({ name });
  const env = {
    NEPHOS_PROVIDER: "route53",
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
  const files = { "zone.txt": ZONE_FILE };
  const run = (args: string) => nephos(args, { env, fetch, files });
  return { dns, inside, outside, run };
}

Deno.test("nephos dns import writes to the public zone if a private one has the same name", async () => {
  const { dns, inside, outside, run } = await setUpRoute53();
  const imported = await run("dns import example.com zone.txt");
  assertEquals(imported.code, 0, imported.stderr);
  const count = async (zone: { readonly id: string }) =>
    (await dns.listRecordSets(zone, { name: "www" })).length;
  assertEquals([await count(inside), await count(outside)], [0, 1]);
});

Deno.test("nephos dns export and copy leave out what only the provider has, and say so", async () => {
  const { dns, outside, run } = await setUpRoute53();
  await dns.upsertRecordSet(outside, {
    name: "app",
    type: "A",
    ttl: 60,
    data: ["192.0.2.8"],
    setIdentifier: "one",
    routing: { weight: 10 },
  });
  const note = "left out, because only the provider has them: app A";
  const exported = await run("dns export example.com");
  assertEquals(exported.stdout.includes("192.0.2.8"), false);
  assertStringIncludes(exported.stderr, note);
  const copied = await run(
    "dns copy example.com --to-provider route53 --to-zone example.net",
  );
  assertEquals(copied.code, 0, copied.stderr);
  assertStringIncludes(copied.stderr, note);
  const copy = await dns.listRecordSets({ name: "example.net" }, {
    name: "app",
  });
  assertEquals(copy, []);
});

Deno.test("nephos dns plan --adapt uses a TTL that the provider accepts", async () => {
  const files = { "short.txt": "a 5 A 192.0.2.1\n" };
  const args = "dns plan zone-1.example short.txt -p digitalocean --simulate";
  const refused = await nephos(args, { files });
  assertEquals(refused.code, 2);
  assertStringIncludes(refused.stderr, "a A: ttl must be an integer from 30");
  const adapted = await nephos(`${args} --adapt`, { files });
  assertStringIncludes(adapted.stdout, "30 192.0.2.1");
});

Deno.test("nephos dns says what is wrong with a file", async () => {
  const { run } = setUp({
    "bad.txt": "www 300 A 192.0.2.1\nwww 300 A nowhere\n",
    "outside.txt": "www.example.net. 300 A 192.0.2.1\n",
    "text.json": "www 300 A 192.0.2.1\n",
    "other.json": "{}",
  });
  const wrong: readonly (readonly [string, string])[] = [
    [
      "sync zone-1.example bad.txt",
      'bad.txt: line 2: A must be an IPv4 address, got "nowhere"',
    ],
    ["plan zone-1.example outside.txt", "outside.txt: line 1: "],
    ["apply text.json", "text.json is not JSON"],
    ["apply other.json", "apply: plan must be a plan that planZone() returned"],
  ];
  for (const [args, message] of wrong) {
    const { code, stderr } = await run(`dns ${args}`);
    assertEquals(code, 2, stderr);
    assertStringIncludes(stderr, `error: ${message}`);
  }
});
