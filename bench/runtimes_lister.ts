/**
 * Lists nodes with the peers of all providers, in one process. Deno runs this
 * file; Node and Bun run a bundle of it.
 *
 * @module
 */

import { DIGITALOCEAN_PEERS } from "./_digitalocean_peers.ts";
import { EC2_PEERS } from "./_ec2_peers.ts";
import { NEPHOSCALE_PEERS } from "./_nephoscale_peers.ts";
import { type Peer, runTurns } from "./_turns.ts";

const ec2 = Object.fromEntries(
  Object.entries(EC2_PEERS).map(([name, list]): [string, Peer] => [
    `ec2 ${name}`,
    async (url) => (await list(url)).nodes,
  ]),
);

await runTurns({ ...NEPHOSCALE_PEERS, ...DIGITALOCEAN_PEERS, ...ec2 });
