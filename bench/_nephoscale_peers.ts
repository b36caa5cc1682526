/**
 * Peers that list NephoScale nodes: the driver, and a baseline that uses `fetch`
 * directly.
 *
 * @module
 */

import { NephoScaleNodeDriver } from "../drivers/nephoscale.ts";
import type { Peer } from "./_turns.ts";

const credentials = { username: "user", password: "password" };

/** Each lists nodes, and reads name, state and addresses. */
export const NEPHOSCALE_PEERS: Readonly<Record<string, Peer>> = {
  async baseline(url) {
    const { username, password } = credentials;
    const response = await fetch(`${url}/server/cloud/`, {
      headers: { authorization: `Basic ${btoa(`${username}:${password}`)}` },
    });
    const { data } = await response.json();
    let read = 0;
    for (const { name, power_status, ipaddresses } of data) {
      read += name.length + power_status.length + ipaddresses.length;
    }
    return read > 0 ? data.length : 0;
  },
  async nephos(baseUrl) {
    // One driver for each address, as in a typical program.
    clients[baseUrl] ??= new NephoScaleNodeDriver({ ...credentials, baseUrl });
    const nodes = await clients[baseUrl].listNodes();
    let read = 0;
    for (const { name, state, publicIps, privateIps } of nodes) {
      read += name.length + state.length +
        (publicIps[0]?.length ?? 0) + (privateIps[0]?.length ?? 0);
    }
    return read > 0 ? nodes.length : 0;
  },
};
const clients: Record<string, NephoScaleNodeDriver> = {};
