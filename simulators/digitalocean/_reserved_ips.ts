/**
 * Reserved IP addresses, once called floating IPs.
 *
 * @module
 */

import { STATUS_CODE } from "@std/http/status";
import {
  type Account,
  type Action,
  dropletById,
  refuseAddresses,
  type ReservedIp,
} from "./_account.ts";
import { actionJson, actionLink, beginAction } from "./_actions.ts";
import { type Region, REGIONS } from "./_catalog.ts";
import { dropletJson } from "./_droplets.ts";
import {
  findBySlug,
  findInPath,
  ok,
  readFields,
  refuseBusy,
  refuseInvalid,
} from "./_requests.ts";
import {
  type Call,
  ipv4ToNumber,
  jsonResponse,
  noContent,
  type Routes,
} from "../kit/mod.ts";

/** Id of the default project. */
const PROJECT = "746c6152-2fa2-11ed-92d3-27aaa54e4988";

/**
 * Routes of reserved IPs, under their current or their former name.
 *
 * @param account Account to serve.
 * @param name `"reserved_ip"` or `"floating_ip"`.
 * @returns The routes.
 */
export function reservedIpRoutes(account: Account, name: string): Routes {
  const path = `/v2/${name}s`;
  return {
    [`GET ${path}`]: (call) => {
      const { listed } = account;
      const all = [...listed.reservedIps.values()];
      const toJson = (it: ReservedIp) => reservedIpJson(listed, it);
      return account.page(call, `${name}s`, all, toJson);
    },
    [`POST ${path}`]: (call) => createReservedIp(account, call, name),
    [`GET ${path}/{id}`]: (call) =>
      ok({
        [name]: reservedIpJson(account, findInPath(account.reservedIps, call)),
      }),
    [`DELETE ${path}/{id}`]: (call) => {
      const { ip } = findInPath(account.reservedIps, call);
      account.reservedIps.delete(ip);
      account.reservable.release(ip);
      return noContent();
    },
    [`POST ${path}/{id}/actions`]: (call) =>
      startReservedIpAction(account, call),
  };
}

/** Adds a reserved IP. */
export function addReservedIp(account: Account, region: Region): ReservedIp {
  const ip = account.reservable.take() ?? refuseAddresses();
  const reserved: ReservedIp = {
    ip,
    region,
    droplet: undefined,
    operation: undefined,
    busyUntil: 0,
  };
  account.reservedIps.set(ip, reserved);
  return reserved;
}

async function createReservedIp(
  account: Account,
  call: Call,
  name: string,
): Promise<Response> {
  const { optional } = await readFields(call);
  const id = optional.any("droplet_id");
  const droplet = id === undefined ? undefined : dropletById(account, id);
  const region = droplet?.region ??
    findBySlug(REGIONS, optional.any("region"), "region");
  const reserved = addReservedIp(account, region);
  const links = droplet === undefined ? {} : {
    droplets: [
      {
        id: droplet.id,
        rel: "droplet",
        href: `${account.settings.baseUrl}/v2/droplets/${droplet.id}`,
      },
    ],
    actions: [
      actionLink(
        account,
        beginAssignment(account, reserved, droplet.id),
        "assign_ip",
      ),
    ],
  };
  const json = reservedIpJson(account, reserved);
  return jsonResponse(STATUS_CODE.Accepted, { [name]: json, links });
}

/** Assigns an address to a droplet, or unassigns it. */
function beginAssignment(
  account: Account,
  reserved: ReservedIp,
  droplet: number | undefined,
): Action {
  if (reserved.operation !== undefined) refuseBusy("Reserved IP");
  return beginAction(
    account,
    droplet === undefined ? "unassign_ip" : "assign_ip",
    {
      id: ipv4ToNumber(reserved.ip),
      type: "reserved_ip",
      region: reserved.region,
    },
    {
      locks: reserved,
      finish() {
        reserved.droplet = droplet;
      },
    },
  );
}

async function startReservedIpAction(
  account: Account,
  call: Call,
): Promise<Response> {
  const reserved = findInPath(account.reservedIps, call);
  const fields = await readFields(call);
  const type = fields.string("type");
  if (type !== "assign" && type !== "unassign") {
    refuseInvalid(`"${type}" is not an action`);
  }
  const droplet = type === "assign"
    ? dropletById(account, fields.optional.any("droplet_id"))
    : undefined;
  if (droplet && droplet.region !== reserved.region) {
    refuseInvalid("The droplet is in another region.");
  }
  const action = actionJson(beginAssignment(account, reserved, droplet?.id));
  return jsonResponse(STATUS_CODE.Created, {
    action: { ...action, project_id: PROJECT },
  });
}

function reservedIpJson(
  account: Account,
  { ip, region, droplet: id, operation }: ReservedIp,
) {
  const droplet = id === undefined ? undefined : account.droplets.get(id);
  return {
    ip,
    region,
    droplet: droplet ? dropletJson(account, droplet) : null,
    locked: operation !== undefined,
    project_id: PROJECT,
  };
}
