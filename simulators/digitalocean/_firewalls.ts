/**
 * Firewalls.
 *
 * @module
 */

import { STATUS_CODE } from "@std/http/status";
import { type Account, dropletById, type Firewall } from "./_account.ts";
import {
  findInPath,
  ok,
  readFields,
  readTags,
  refuseConflict,
} from "./_requests.ts";
import {
  type Call,
  type Fields,
  jsonResponse,
  noContent,
  type Routes,
  toUuid,
} from "../kit/mod.ts";

/** Routes of firewalls. */
export function firewallRoutes(account: Account): Routes {
  return {
    "GET /v2/firewalls": (call) =>
      account.page(
        call,
        "firewalls",
        [...account.listed.firewalls.values()],
        firewallJson,
      ),
    "POST /v2/firewalls": (call) => createFirewall(account, call),
    "GET /v2/firewalls/{id}": (call) =>
      ok({ firewall: firewallJson(findInPath(account.firewalls, call)) }),
    "DELETE /v2/firewalls/{id}": (call) => {
      account.firewalls.delete(findInPath(account.firewalls, call).id);
      return noContent();
    },
    "POST /v2/firewalls/{id}/droplets": (call) =>
      changeFirewallDroplets(account, call, (droplets, id) => droplets.add(id)),
    "DELETE /v2/firewalls/{id}/droplets": (call) =>
      changeFirewallDroplets(
        account,
        call,
        (droplets, id) => droplets.delete(id),
      ),
  };
}

/** Adds a firewall. */
export function addFirewall(
  account: Account,
  name: string,
  droplets: readonly number[],
  rest: Pick<Firewall, "inbound" | "outbound" | "tags">,
): Firewall {
  return account.firewalls.add({
    id: toUuid(account.takeId(), "bb4b2611-3d72-467b-8602"),
    name,
    createdAt: account.timestamp(),
    droplets: new Set(droplets),
    ...rest,
  });
}

async function createFirewall(account: Account, call: Call): Promise<Response> {
  const fields = await readFields(call);
  const name = fields.string("name");
  if (account.firewalls.isTaken((it) => it.name === name)) {
    refuseConflict("duplicate name");
  }
  const firewall = addFirewall(account, name, readDroplets(account, fields), {
    inbound: fields.optional.list("inbound_rules") ?? [],
    outbound: fields.optional.list("outbound_rules") ?? [],
    tags: readTags(fields),
  });
  return jsonResponse(STATUS_CODE.Accepted, {
    firewall: firewallJson(firewall),
  });
}

/** Adds droplets to a firewall, or removes them. */
async function changeFirewallDroplets(
  account: Account,
  call: Call,
  change: (droplets: Set<number>, id: number) => void,
): Promise<Response> {
  const { droplets } = findInPath(account.firewalls, call);
  const ids = readDroplets(account, await readFields(call));
  for (const id of ids) change(droplets, id);
  return noContent();
}

/** Reads ids of droplets, which must exist. */
function readDroplets(account: Account, { optional }: Fields): number[] {
  const ids = optional.list("droplet_ids") ?? [];
  return ids.map((id) => dropletById(account, id).id);
}

function firewallJson(firewall: Firewall) {
  return {
    id: firewall.id,
    name: firewall.name,
    status: "succeeded",
    created_at: firewall.createdAt,
    pending_changes: [],
    droplet_ids: [...firewall.droplets],
    tags: firewall.tags,
    inbound_rules: firewall.inbound,
    outbound_rules: firewall.outbound,
  };
}
