/**
 * Makes wire types and fixtures from published OpenAPI descriptions, which are
 * kept outside of this repository.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { path, runDeno } from "../../tools/deno.ts";
import { wire } from "../../tools/wire.ts";
import { needsReference, readReference } from "../_support/reference.ts";

/** Resources of the published descriptions, and their known deviations. */
const PUBLISHED: Readonly<
  Record<string, { resources: readonly string[]; except?: RegExp }>
> = {
  digitalocean: {
    resources: [
      "droplet=node",
      "size",
      "image",
      "region=location",
      "ssh_key=key_pair",
      "volume",
      "action",
      "account",
    ],
    // The example of `pages` is one level too deep.
    except: /\/list_actions\.json /,
  },
  hetzner: {
    resources: [
      "server=node",
      "server_type=size",
      "image",
      "location",
      "ssh_key=key_pair",
      "volume",
      "action",
      "error",
      "meta",
    ],
  },
  linode: {
    resources: [
      "instance=node",
      "/linode/types=size",
      "image",
      "region=location",
      "sshkey=key_pair",
      "volume",
      "event",
    ],
    // Linode's times have no zone, and its regions have lists of words where the
    // description has one word.
    except: /format "date-time"|monitors\.alerts/,
  },
  scaleway: {
    resources: [
      "server=node",
      "/instance/v1/zones/{zone}/images",
      "ssh_key=key_pair",
      "/block/v1/zones/{zone}/volumes",
    ],
  },
  vultr: {
    resources: [
      "instance=node",
      "plan=size",
      "os=image",
      "region=location",
      "ssh_key=key_pair",
      "block=volume",
      "meta",
    ],
  },
};

for (const [provider, { resources, except }] of Object.entries(PUBLISHED)) {
  const file = `${provider}.openapi.json`;
  Deno.test({
    ...needsReference(
      `wire() makes types that compile and valid fixtures of ${provider}`,
      file,
      await readReference(file),
    ),
    async fn() {
      const folder = await Deno.makeTempDir({ prefix: "nephos-wire-" });
      try {
        const out = `${folder}/_json.ts`;
        const { lines, faults } = await wire({
          file: path(`../shared/reference/${file}`),
          resources,
          out,
          fixtures: folder,
        });
        const { code, output } = await runDeno(["check", out], {
          capture: true,
        });
        assertEquals(code, 0, output);
        assertEquals(faults.filter((fault) => !except?.test(fault)), []);
        const written = lines.map((line) => /(\w+)\.json/.exec(line)?.[1]);
        for (const name of ["list_nodes", "get_node", "list_key_pairs"]) {
          assert(written.includes(name), `${name} of ${provider}`);
        }
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}
