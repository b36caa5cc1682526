/**
 * The ports of servers in Nova, which it calls interfaces.
 *
 * @module
 */

import type { Account } from "./_account.ts";
import { microversionOf } from "./_microversions.ts";
import { badRequest, checkKeys, readObject, textIn } from "./_requests.ts";
import { findServer, requireUnlocked } from "./_servers.ts";
import {
  type Call,
  isObject,
  type JsonObject,
  jsonResponse,
  Refusal,
  type Routes,
} from "../kit/mod.ts";

/** Creates the routes of the ports of servers. */
export function interfaceRoutes(account: Account): Routes {
  const show = (port: object, request: Request) => ({
    ...port,
    ...microversionOf(account, request) >= 70 && { tag: null },
  });
  return {
    "GET /servers/{id}/os-interface": (call) =>
      jsonResponse(200, {
        interfaceAttachments: account.network
          .interfacesOf(findServer(account, call).id)
          .map((port) => show(port, call.request)),
      }),
    "GET /servers/{id}/os-interface/{port}": (call) => {
      const { id } = findServer(account, call);
      const wanted = call.params.get("port");
      const port = account.network.interfacesOf(id)
        .find(({ port_id }) => port_id === wanted);
      if (port !== undefined) {
        const interfaceAttachment = show(port, call.request);
        return jsonResponse(200, { interfaceAttachment });
      }
      throw new Refusal(
        404,
        `Instance ${id} does not have a port with id ${wanted}`,
      );
    },
    "POST /servers/{id}/os-interface": async (call) => {
      const server = findServer(account, call);
      const wanted = await readRequest(account, call);
      requireUnlocked(server);
      const port = account.network.attachInterface(server.id, wanted);
      const interfaceAttachment = show(port, call.request);
      return jsonResponse(200, { interfaceAttachment });
    },
    "DELETE /servers/{id}/os-interface/{port}": (call) => {
      const server = findServer(account, call);
      requireUnlocked(server);
      // Nova looks for the port later: an unknown one is no error here.
      account.network.detachInterface(server.id, call.params.get("port") ?? "");
      return new Response(null, { status: 202 });
    },
  };
}

async function readRequest(account: Account, call: Call): Promise<JsonObject> {
  const value = await readObject(call, "interfaceAttachment");
  const isNew = microversionOf(account, call.request) >= 49;
  const keys = ["net_id", "port_id", "fixed_ips", ...isNew ? ["tag"] : []];
  checkKeys(value, keys, "interfaceAttachment");
  for (const name of ["net_id", "port_id"]) textIn(value, name);
  const { net_id, port_id, fixed_ips } = value;
  if (net_id !== undefined && port_id !== undefined) {
    throw badRequest("Must not input both network_id and port_id");
  }
  if (fixed_ips === undefined) return value;
  if (net_id === undefined) {
    throw badRequest("Must input network_id when request IP address");
  }
  const [fixedIp, ...others] = [fixed_ips].flat();
  if (others.length > 0 || !isObject(fixedIp)) {
    throw badRequest("Invalid input for field/attribute fixed_ips.");
  }
  checkKeys(fixedIp, ["ip_address"], "0");
  return value;
}
