/**
 * Reserved IP addresses, once called floating IPs.
 *
 * @module
 */

import { STATUS_CODE } from "@std/http/status";
import {
  type Account,
  type Action,
  dropletInBody,
  type ReservedIp,
} from "./_account.ts";
import { actionJson, actionLink, beginAction } from "./_actions.ts";
import { type Region, REGIONS } from "./_catalog.ts";
import { dropletJson } from "./_droplets.ts";
import {
  findBySlug,
  findInPath,
  noContent,
  ok,
  readString,
  refuseBusy,
  refuseInvalid,
} from "./_requests.ts";
import { type Call, jsonResponse, readJson, type Routes } from "../_router.ts";

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
      account.reservedIps.delete(findInPath(account.reservedIps, call).ip);
      return noContent();
    },
    [`POST ${path}/{id}/actions`]: (call) =>
      startReservedIpAction(account, call),
  };
}

/** Adds a reserved IP. */
export function addReservedIp(account: Account, region: Region): ReservedIp {
  let number = 1;
  // A documentation range that droplets do not use.
  const ip = () => `198.51.100.${number}`;
  while (account.reservedIps.has(ip())) number++;
  if (number > 254) refuseInvalid("there are no more addresses");
  const reserved = { ip: ip(), region, droplet: undefined, locked: false };
  account.reservedIps.set(reserved.ip, reserved);
  return reserved;
}

async function createReservedIp(
  account: Account,
  { request }: Call,
  name: string,
): Promise<Response> {
  const body = await readJson(request);
  const droplet = body.droplet_id === undefined
    ? undefined
    : dropletInBody(account, body);
  const region = droplet?.region ?? findBySlug(REGIONS, body.region, "region");
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
  if (reserved.locked) refuseBusy("Reserved IP");
  reserved.locked = true;
  return beginAction(
    account,
    droplet === undefined ? "unassign_ip" : "assign_ip",
    {
      id: ipNumber(reserved.ip),
      type: "reserved_ip",
      region: reserved.region,
    },
    {
      finish() {
        reserved.locked = false;
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
  const body = await readJson(call.request);
  const type = readString(body, "type");
  if (type !== "assign" && type !== "unassign") {
    refuseInvalid(`"${type}" is not an action`);
  }
  const droplet = type === "assign" ? dropletInBody(account, body) : undefined;
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
  { ip, region, droplet: id, locked }: ReservedIp,
) {
  const droplet = id === undefined ? undefined : account.droplets.get(id);
  return {
    ip,
    region,
    droplet: droplet ? dropletJson(account, droplet) : null,
    locked,
    project_id: PROJECT,
  };
}

function ipNumber(ip: string): number {
  return ip.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}
