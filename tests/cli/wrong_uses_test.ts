/**
 * Ways to use the command line wrongly, and what it says. Read them as
 * somebody who has not seen the code.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { DnsProvider } from "../../drivers/dns_registry.ts";
import { nephos } from "./_nephos.ts";

const H = "-p hetzner --simulate";

/** A command, its exit code, the error, and what to type instead. */
const WRONG: readonly (readonly [
  args: string,
  code: number,
  error: string,
  hint: string,
])[] = [
  [
    "nods list",
    2,
    "unknown command 'nods'; did you mean nodes?",
    'run "nephos --help"',
  ],
  [
    "nodes lst",
    2,
    "nodes: unknown command 'lst'; did you mean list?",
    'run "nephos nodes --help"',
  ],
  [
    "node list",
    2,
    "unknown command 'node'; did you mean nodes?",
    'run "nephos --help"',
  ],
  ["list", 2, "unknown command 'list'", 'run "nephos --help"'],
  [
    "fleet lst",
    2,
    "fleet: unknown command 'lst'; did you mean list?",
    'run "nephos fleet --help"',
  ],
  [
    "fleet list --serve",
    2,
    "fleet: --serve and the command list cannot be combined",
    'run "nephos fleet --serve", or "nephos fleet list"',
  ],
  [
    "fleet find node-1 -p hetzner -p linode --simulate",
    2,
    '2 nodes have the name "node-1": hetzner/42, linode/123',
    'name the account and the id: "nephos nodes get <id>" with --provider or --profile',
  ],
  [
    "keys create robot -p digitalocean --simulate",
    2,
    "DigitalOcean cannot create a key pair",
    'create it with ssh-keygen, and run "nephos keys import"',
  ],
  [
    "dns zones -p nephoscale --simulate",
    2,
    '--provider: no DNS provider has the id "nephoscale"',
    `use ${Object.values(DnsProvider).join(", ")}`,
  ],
  [
    "dns zone -p powerdns --simulate",
    2,
    "dns: unknown command 'zone'; did you mean zones?",
    'run "nephos dns --help"',
  ],
  [
    "dns records nowhere.example -p powerdns --simulate",
    3,
    'listRecordSets: PowerDNS refused: "Not Found" (404)',
    'run "nephos dns zones"',
  ],
  [
    "dns sync zone-1.example missing.txt -p powerdns --simulate",
    2,
    'there is no file "missing.txt"',
    "check the path, which is relative to the current folder",
  ],
  [
    "dns sync zone-1.example zone.txt -p powerdns --simulate --max-deleted-share 2",
    2,
    "dns sync: option '--max-deleted-share <part>' argument '2' is invalid; use a part such as 0.5 or 50%",
    'run "nephos dns sync --help"',
  ],
  [
    "dns copy zone-1.example -p powerdns --simulate",
    2,
    "the other account is missing",
    "add one --to-provider or --to-profile",
  ],
  [
    "dns copy zone-1.example -p powerdns --simulate --to-provider powerdns --to-profile a",
    2,
    "--to-provider and --to-profile cannot be combined",
    "add one --to-provider or --to-profile",
  ],
  ["fleet --port 8080", 2, "fleet: --port needs --serve", "add --serve"],
  [
    "fleet --serve",
    2,
    "--provider is missing",
    "add for example --provider digitalocean, or set NEPHOS_PROVIDER",
  ],
  [
    "nodes list --provder hetzner",
    2,
    "nodes list: unknown option '--provder'; did you mean --provider?",
    'run "nephos nodes list --help"',
  ],
  [
    "nodes list",
    2,
    "--provider is missing",
    "add for example --provider digitalocean, or set NEPHOS_PROVIDER",
  ],
  [
    "nodes list -p hetzer",
    2,
    '--provider: no provider has the id "hetzer"',
    "use digitalocean, ec2, hetzner, linode, nephoscale, openstack, rackspace, softlayer",
  ],
  [
    "nodes list -p linode",
    4,
    "linode: missing environment variables: LINODE_TOKEN or LINODE_CLI_TOKEN",
    "set them, use --profile, or add --simulate to try the command without an account",
  ],
  [
    "nodes list -p hetzner -p linode --simulate",
    2,
    "this command needs one account, got 2",
    'name only one, or use "nephos fleet"',
  ],
  [
    "nodes list -p hetzner --profile work",
    2,
    "--provider and --profile cannot be combined",
    "leave one out: a profile names its provider",
  ],
  [
    "nodes list --profile work",
    2,
    '--profile: there is no profile "work" in /.config/nephos/config.yaml',
    "add it to the file",
  ],
  [
    `nodes list ${H} -o xml`,
    2,
    "nodes list: option '-o, --output <format>' argument 'xml' is invalid; use table, json, yaml, name",
    'run "nephos nodes list --help"',
  ],
  [
    `nodes list ${H} --columns id,nme`,
    2,
    '--columns: a node has no field "nme"',
    "use id, name, state, publicIps, locationId, sizeId, privateIps, imageId, createdAt, tags, rootPassword, extra",
  ],
  [
    `nodes list ${H} --sort prize`,
    2,
    '--sort: a node has no field "prize"',
    "use id, name, state, publicIps, locationId, sizeId, privateIps, imageId, createdAt, tags, rootPassword, extra",
  ],
  [
    `nodes list ${H} --filter running`,
    2,
    '--filter: expected field=value, got "running"',
    "type for example --filter name=value",
  ],
  [
    `nodes list ${H} --timeout soon`,
    2,
    "nodes list: option '--timeout <duration>' argument 'soon' is invalid; use a duration such as 30s, 10m or 1h",
    'run "nephos nodes list --help"',
  ],
  [
    `nodes list ${H} extra`,
    2,
    "nodes list: too many arguments for 'list'; expected 0 arguments but got 1: extra",
    'run "nephos nodes list --help"',
  ],
  [
    `nodes get ${H}`,
    2,
    "nodes get: missing required argument 'node'",
    'run "nephos nodes get --help"',
  ],
  [
    `nodes get web-1 ${H}`,
    3,
    'no node has the id or the name "web-1"',
    'run "nephos nodes list"',
  ],
  [
    `nodes create ${H} --size cx22 --image debian-12`,
    2,
    "nodes create: missing required argument 'name'",
    'run "nephos nodes create --help"',
  ],
  [
    `nodes create web-1 ${H} --image debian-12`,
    2,
    "nodes create: required option '--size <id>' not specified",
    'run "nephos nodes create --help"',
  ],
  [
    `nodes create web-1 --size cx22 --image debian-12 --user-data none.sh ${H}`,
    2,
    'there is no file "none.sh"',
    "check the path, which is relative to the current folder",
  ],
  [
    `nodes create web-1 --size cx99 --image debian-12 ${H}`,
    1,
    `createNode: Hetzner Cloud refused: "invalid input in field 'server_type': 'cx99' was not found" (422, code invalid_input)`,
    'the values are in "nephos sizes list", "nephos images list" and "nephos locations list"',
  ],
  [
    `nodes destroy node-1 ${H}`,
    2,
    "--yes is missing, and there is no terminal to ask for confirmation",
    "add --yes if you are sure: All data of node-1 (42) at Hetzner Cloud will be deleted",
  ],
  [
    "nodes start 1 -p nephoscale --simulate --region x",
    2,
    "--region: nephoscale has no regions",
    "leave it out",
  ],
  [
    "nodes resize node-1 --size 5 -p nephoscale --simulate",
    2,
    "NephoScale does not support resizing",
    "the README lists what each provider supports",
  ],
  [
    `nodes deploy web-1 --size cx22 --image debian-12 ${H}`,
    2,
    "nodes deploy: there are no steps",
    'add --script, --file or --authorize, or use "nephos nodes create"',
  ],
  [
    `nodes deploy web-1 --size cx22 --image debian-12 --script none.sh --via ssh ${H}`,
    2,
    'there is no file "none.sh"',
    "check the path, which is relative to the current folder",
  ],
  [
    "volumes list -p softlayer --simulate",
    2,
    "SoftLayer does not support volumes",
    "the README lists what each provider supports",
  ],
  [
    `volumes create data --size big ${H}`,
    2,
    "volumes create: option '--size <gb>' argument 'big' is invalid; use a whole number from 1",
    'run "nephos volumes create --help"',
  ],
  [
    `keys import me none.pub ${H}`,
    2,
    'there is no file "none.pub"',
    "check the path, which is relative to the current folder",
  ],
  [
    `cheapest --vcpus 2 --ram 4 ${H}`,
    2,
    "cheapest: option '--ram <size>' argument '4' is invalid; use an amount such as 4G or 512M",
    'run "nephos cheapest --help"',
  ],
  [
    `cheapest --ram 4G ${H}`,
    2,
    "cheapest: required option '--vcpus <count>' not specified",
    'run "nephos cheapest --help"',
  ],
  [
    "prices linode g6-nanode-1",
    2,
    "prices: value 'linode' is invalid for argument 'provider'; use ec2, nephoscale, rackspace, softlayer; for others, run \"nephos sizes list\"",
    'run "nephos prices --help"',
  ],
  [
    "prices ec2 t9.huge --location us-east-1",
    3,
    'the price of "t9.huge" is unknown',
    'run "nephos sizes list --provider ec2 --simulate" for the ids',
  ],
  [
    "simulate vultr",
    2,
    "simulate: value 'vultr' is invalid for argument 'provider'; use cloudflare, digitalocean, ec2, hetzner, linode, nephoscale, openstack, powerdns, rackspace, route53, softlayer",
    'run "nephos simulate --help"',
  ],
  [
    "simulate linode --port 99999",
    2,
    "simulate: option '--port <port>' argument '99999' is invalid; use a number from 0 to 65535",
    'run "nephos simulate --help"',
  ],
  [
    "completion powershell",
    2,
    "completion: value 'powershell' is invalid for argument 'shell'; use bash, zsh, fish",
    'run "nephos completion --help"',
  ],
  [
    `images find beos ${H}`,
    3,
    'findImage: Hetzner Cloud has no official image of "beos x86_64"; use "alma 9 x86_64", "debian 12 x86_64", "fedora 41 x86_64", "rocky 9 x86_64" or "ubuntu 24.04 x86_64"',
    'run "nephos images list"',
  ],
  [
    "fleet list --endpoint http://127.0.0.1:1",
    2,
    "--endpoint is for one account",
    "add one --provider or --profile, or set baseUrl in profiles",
  ],
  [
    `nodes list ${H} --yes`,
    2,
    "nodes list: unknown option '--yes'",
    'run "nephos nodes list --help"',
  ],
  [
    "nodes list -p hetzner --endpoint http://example.com",
    2,
    "hetzner: baseUrl must start with https:// (or set allowInsecure)",
    "check --endpoint, NEPHOS_ENDPOINT, or baseUrl in the profile",
  ],
  [
    "nodes list -p ec2 --simulate --region DFW",
    2,
    'ec2: region must be a region such as "eu-central-1", got "DFW"',
    "check --region, the variable with the region, or the profile",
  ],
  [
    "prices ec2 t3.micro",
    2,
    'prices: --location must be a location such as "ap-northeast-1", got undefined',
    "add for example --location us-east-1",
  ],
  [
    `nodes list ${H} --config none.yaml`,
    2,
    "--provider and --config cannot be combined",
    "leave one out: a profile names its provider",
  ],
  [
    `nodes list ${H} --endpoint http://127.0.0.1:1`,
    2,
    "--simulate and --endpoint cannot be combined",
    "leave one out: a simulated account has no address",
  ],
  [
    "nodes list --config none.yaml",
    2,
    'there is no file "none.yaml"',
    "check --config, or the variable NEPHOS_CONFIG",
  ],
  [
    "fleet find web-1 -p hetzner -p linode --simulate",
    3,
    "find: no node has the name web-1",
    'run "nephos fleet list"',
  ],
  [
    `nodes list ${H} --filter tag=`,
    2,
    'listNodes: tags must be a non-empty string, got ""',
    'run "nephos nodes list --help"',
  ],
];

for (const [args, code, error, hint] of WRONG) {
  Deno.test(`nephos ${args} says what to type instead`, async () => {
    // With credentials, so that an endpoint without TLS is the only mistake.
    const env = args.includes("example.com") ? { HCLOUD_TOKEN: "t0ken" } : {};
    assertEquals(await nephos(args, { env }), {
      code,
      stdout: "",
      stderr: `error: ${error}\nhint: ${hint}\n`,
    });
  });
}
