/**
 * Actions of servers: power, resize, rescue, images and consoles.
 *
 * @module
 */

import type { Account } from "./_account.ts";
import { microversionOf } from "./_microversions.ts";
import type { Server } from "./_records.ts";
import {
  badRequest,
  labelsIn,
  linkBase,
  readObject,
  requiredText,
  textIn,
} from "./_requests.ts";
import {
  changedServer,
  findServer,
  removeServer,
  requireUnlocked,
  setActive,
  touch,
} from "./_servers.ts";
import {
  type Call,
  isObject,
  type JsonObject,
  jsonResponse,
  readJson,
  Refusal,
  type Routes,
} from "../kit/mod.ts";

/** Status, state of the virtual machine, and state of its power. */
type State = readonly [status: string, vmState: string, powerState: number];

const ACTIVE: State = ["ACTIVE", "active", 1];
const SHUTOFF: State = ["SHUTOFF", "stopped", 4];
const PAUSED: State = ["PAUSED", "paused", 3];
const SUSPENDED: State = ["SUSPENDED", "suspended", 4];
const SHELVED: State = ["SHELVED_OFFLOADED", "shelved_offloaded", 4];
const RESCUED: State = ["RESCUE", "rescued", 1];

/** An action that only changes the state of a server. */
interface Transition {
  /** Name of the action in errors. */
  readonly name: string;
  /** States of the virtual machine in which the action is possible. */
  readonly from: readonly string[];
  /** What Nova does meanwhile. */
  readonly task: string;
  /** State at the end. */
  readonly to: State;
}

const TRANSITIONS: Readonly<Record<string, Transition>> = {
  "os-start": {
    name: "start",
    from: ["stopped"],
    task: "powering-on",
    to: ACTIVE,
  },
  "os-stop": {
    name: "stop",
    from: ["active", "error"],
    task: "powering-off",
    to: SHUTOFF,
  },
  pause: { name: "pause", from: ["active"], task: "pausing", to: PAUSED },
  unpause: { name: "unpause", from: ["paused"], task: "unpausing", to: ACTIVE },
  suspend: {
    name: "suspend",
    from: ["active"],
    task: "suspending",
    to: SUSPENDED,
  },
  resume: {
    name: "resume",
    from: ["suspended"],
    task: "resuming",
    to: ACTIVE,
  },
  shelve: {
    name: "shelve",
    from: ["active", "stopped", "paused", "suspended"],
    task: "shelving",
    to: SHELVED,
  },
  unshelve: {
    name: "unshelve",
    from: ["shelved", "shelved_offloaded"],
    task: "unshelving",
    to: ACTIVE,
  },
  unrescue: {
    name: "unrescue",
    from: ["rescued"],
    task: "unrescuing",
    to: ACTIVE,
  },
};

/** Creates the routes of the actions of servers. */
export function actionRoutes(account: Account): Routes {
  return {
    "POST /servers/{id}/action": async (call) => {
      const server = findServer(account, call);
      const body = await readJson(call.request);
      const [name, ...others] = Object.keys(body);
      if (name === undefined || others.length > 0) {
        throw badRequest("Malformed request body");
      }
      const data = isObject(body[name]) ? body[name] as JsonObject : {};
      if (name !== "lock" && name !== "unlock") requireUnlocked(server);
      const transition = TRANSITIONS[name];
      if (transition !== undefined) {
        transit(account, server, transition);
        return accepted();
      }
      const action = ACTIONS[name];
      if (action !== undefined) {
        return await action(account, server, data, call);
      }
      throw badRequest(`There is no such action: ${name}`);
    },
    "POST /servers/{id}/remote-consoles": async (call) => {
      const server = findServer(account, call);
      requireState(server, "get_vnc_console", ["active"]);
      const value = await readObject(call, "remote_console");
      const type = requiredText(value, "type");
      const protocol = requiredText(value, "protocol");
      const url =
        `http://127.0.0.1:6080/vnc_auto.html?token=${account.takeSecret()}`;
      return jsonResponse(200, { remote_console: { protocol, type, url } });
    },
    "GET /servers/{id}/os-instance-actions": (call) => {
      const server = findServer(account, call);
      return jsonResponse(200, {
        instanceActions: [{
          action: "create",
          instance_uuid: server.id,
          message: null,
          project_id: account.projectId,
          request_id: "req-5f2a9c1e-7d43-4b8e-9a06-000000000001",
          start_time: server.created.replace("Z", ".000000"),
          user_id: account.userId,
          ...microversionOf(account, call.request) >= 58 && {
            updated_at: server.updated.replace("Z", ".000000"),
          },
        }],
      });
    },
  };
}

function accepted(): Response {
  return new Response(null, { status: 202 });
}

/** Refuses an action that the state of the server forbids. */
function requireState(
  server: Server,
  action: string,
  states: readonly string[],
): void {
  const { id, vmState, taskState } = server;
  if (!states.includes(vmState)) {
    throw new Refusal(
      409,
      `Cannot '${action}' instance ${id} while it is in vm_state ${vmState}`,
    );
  }
  if (taskState === null) return;
  throw new Refusal(
    409,
    `Cannot '${action}' instance ${id} while it is in task_state ${taskState}`,
  );
}

/** Starts an action, which changes the server at its end. */
function begin(
  account: Account,
  server: Server,
  task: string,
  end: () => void,
): void {
  server.taskState = task;
  touch(account, server);
  account.timeline.after(account.settings.actionMs, () => {
    // A deletion, which has a task of its own, ends all other actions.
    if (server.isDeleted) return;
    server.taskState = null;
    end();
    touch(account, server);
  });
}

function setState(server: Server, [status, vmState, powerState]: State): void {
  Object.assign(server, { status, vmState, powerState });
}

function transit(account: Account, server: Server, transition: Transition) {
  const { name, from, task, to } = transition;
  requireState(server, name, from);
  begin(account, server, task, () => setState(server, to));
}

type Action = (
  account: Account,
  server: Server,
  data: JsonObject,
  call: Call,
) => Response | Promise<Response>;

/** Opens a console. From 2.6 on, Nova has another endpoint for it. */
function openConsole(operation: string): Action {
  return (account, server, data, { request }) => {
    if (microversionOf(account, request) >= 6) {
      throw new Refusal(404, "The resource could not be found.");
    }
    requireState(server, operation, ["active"]);
    const type = requiredText(data, "type");
    const token = account.takeSecret();
    const console = `http://127.0.0.1:6080/vnc_auto.html?token=${token}`;
    return jsonResponse(200, { console: { type, url: console } });
  };
}

const ACTIONS: Readonly<Record<string, Action>> = {
  reboot(account, server, data) {
    const given = requiredText(data, "type");
    const type = given.toUpperCase();
    if (type !== "SOFT" && type !== "HARD") {
      throw badRequest(
        `Invalid input for field/attribute type. Value: ${given}. '${given}' ` +
          "is not one of ['HARD', 'Hard', 'hard', 'SOFT', 'Soft', 'soft']",
      );
    }
    const isHard = type === "HARD";
    const further = ["stopped", "paused", "suspended", "error"];
    requireState(server, "reboot", ["active", ...isHard ? further : []]);
    server.status = isHard ? "HARD_REBOOT" : "REBOOT";
    begin(
      account,
      server,
      isHard ? "rebooting_hard" : "rebooting",
      () => setState(server, ACTIVE),
    );
    return accepted();
  },
  resize(account, server, data) {
    const id = requiredText(data, "flavorRef");
    const flavor = account.flavors.get(id);
    if (flavor === undefined) {
      throw badRequest(`Flavor ${id} could not be found.`);
    }
    if (flavor.id === server.flavor.id) {
      throw badRequest(
        "When resizing, instances must change flavor!",
      );
    }
    requireState(server, "resize", ["active", "stopped"]);
    const { powerState } = server;
    server.status = "RESIZE";
    begin(account, server, "resize_prep", () => {
      server.oldFlavor = server.flavor;
      server.flavor = flavor;
      setState(server, ["VERIFY_RESIZE", "resized", powerState]);
    });
    return accepted();
  },
  confirmResize(account, server) {
    requireState(server, "confirmResize", ["resized"]);
    setState(server, server.powerState === 1 ? ACTIVE : SHUTOFF);
    server.oldFlavor = undefined;
    touch(account, server);
    return new Response(null, { status: 204 });
  },
  revertResize(account, server) {
    requireState(server, "revertResize", ["resized"]);
    server.status = "REVERT_RESIZE";
    begin(account, server, "resize_reverting", () => {
      server.flavor = server.oldFlavor ?? server.flavor;
      server.oldFlavor = undefined;
      setState(server, server.powerState === 1 ? ACTIVE : SHUTOFF);
    });
    return accepted();
  },
  rebuild(account, server, data, call) {
    const id = requiredText(data, "imageRef");
    const image = account.images.get(id);
    if (image === undefined) {
      throw badRequest("Can not find requested image");
    }
    requireState(server, "rebuild", ["active", "stopped", "error"]);
    server.imageId = image.id;
    server.name = textIn(data, "name") ?? server.name;
    server.metadata = labelsIn(data, "metadata") ?? server.metadata;
    server.status = "REBUILD";
    begin(account, server, "rebuilding", () => setActive(server));
    return jsonResponse(202, {
      server: {
        ...changedServer(account, server, call, 54),
        ...microversionOf(account, call.request) >= 57 && { user_data: null },
        adminPass: textIn(data, "adminPass") ?? account.takeSecret(),
      },
    }, {
      Location: `${
        linkBase(account, "compute", call.url)
      }/v2.1/servers/${server.id}`,
    });
  },
  rescue(account, server, data) {
    requireState(server, "rescue", ["active", "stopped", "error"]);
    const adminPass = textIn(data, "adminPass") ?? account.takeSecret();
    begin(account, server, "rescuing", () => setState(server, RESCUED));
    return jsonResponse(200, { adminPass });
  },
  changePassword(_account, server, data) {
    requiredText(data, "adminPass");
    requireState(server, "change_password", ["active"]);
    return accepted();
  },
  lock(account, server, data, { request }) {
    server.isLocked = true;
    server.lockedReason = microversionOf(account, request) >= 73
      ? textIn(data, "locked_reason") ?? null
      : null;
    touch(account, server);
    return accepted();
  },
  unlock(account, server) {
    server.isLocked = false;
    server.lockedReason = null;
    touch(account, server);
    return accepted();
  },
  createImage(account, server, data, { request, url }) {
    const name = requiredText(data, "name");
    const metadata = labelsIn(data, "metadata") ?? {};
    requireState(server, "createImage", [
      "active",
      "stopped",
      "paused",
      "suspended",
    ]);
    const id = account.image.snapshot(server, name, metadata);
    begin(account, server, "image_snapshot", () => {});
    return microversionOf(account, request) >= 45
      ? jsonResponse(202, { image_id: id })
      : new Response(null, {
        status: 202,
        headers: {
          Location: `${linkBase(account, "compute", url)}/images/${id}`,
        },
      });
  },
  "os-getConsoleOutput"(_account, server, data) {
    requireState(server, "get_console_output", [
      "active",
      "rescued",
      "stopped",
    ]);
    const lines = ["Booting", "FAKE CONSOLE OUTPUT", "ANOTHER", "LAST LINE"];
    const length = Number(data["length"] ?? lines.length);
    return jsonResponse(200, { output: lines.slice(-length).join("\n") });
  },
  "os-getVNCConsole": openConsole("get_vnc_console"),
  "os-getSPICEConsole": openConsole("get_spice_console"),
  "os-getSerialConsole": openConsole("get_serial_console"),
  addSecurityGroup(account, server, data) {
    account.network.changeGroup(server.id, requiredText(data, "name"), "add");
    return accepted();
  },
  removeSecurityGroup(account, server, data) {
    const name = requiredText(data, "name");
    account.network.changeGroup(server.id, name, "remove");
    return accepted();
  },
  forceDelete(account, server) {
    removeServer(account, server);
    return accepted();
  },
};
