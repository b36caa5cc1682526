/**
 * Firewalls.
 *
 * @module
 */

import { STATUS_CODE } from "@std/http/status";
import { type Account, dropletInBody, type Firewall } from "./_account.ts";
import {
  findInPath,
  noContent,
  ok,
  readList,
  readString,
  readTag,
  refuseConflict,
  toUuid,
} from "./_requests.ts";
import { type Call, jsonResponse, readJson, type Routes } from "../_router.ts";

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
  const firewall = {
    id: toUuid(account.takeId(), "bb4b2611-3d72-467b-8602"),
    name,
    createdAt: account.timestamp(),
    droplets: new Set(droplets),
    ...rest,
  };
  account.firewalls.set(firewall.id, firewall);
  return firewall;
}

async function createFirewall(
  account: Account,
  { request }: Call,
): Promise<Response> {
  const body = await readJson(request);
  const name = readString(body, "name");
  for (const { name: taken } of account.firewalls.values()) {
    if (name === taken) refuseConflict("duplicate name");
  }
  const droplets = readList(body, "droplet_ids").map((id) =>
    dropletInBody(account, { id }, "id").id
  );
  const firewall = addFirewall(account, name, droplets, {
    inbound: readList(body, "inbound_rules"),
    outbound: readList(body, "outbound_rules"),
    tags: readList(body, "tags").map(readTag),
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
  const body = await readJson(call.request);
  const ids = readList(body, "droplet_ids").map((id) =>
    dropletInBody(account, { id }, "id").id
  );
  for (const id of ids) change(droplets, id);
  return noContent();
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
