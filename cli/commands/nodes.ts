/**
 * `nephos nodes`: servers.
 *
 * @module
 */

import { supports } from "../../core/compute/capabilities.ts";
import type { Node, NodeDriver } from "../../core/compute/mod.ts";
import { changeEach, type ChangeEachOptions, label } from "../changes.ts";
import { type Context, type Open, unsupported } from "../context.ts";
import { leftBehind } from "../errors.ts";
import { readText } from "../files.ts";
import { CHANGE, NODE, withSecret } from "../kinds.ts";
import {
  toMore,
  withColumns,
  withDryRun,
  withList,
  withYes,
} from "../options.ts";
import { checkSelection } from "../output.ts";
import { findNodes } from "../references.ts";
import { type Group, group, type Program } from "../root.ts";
import { withoutTags } from "../tags.ts";
import { addDeploy } from "./deploy.ts";

/** Adds the commands for servers. */
export function addNodes(program: Program, open: Open): void {
  const nodes = group(program, "nodes", "manage servers");
  addReads(nodes, open);
  addCreate(nodes, open);
  addDeploy(nodes, open);
  for (const action of ACTIONS) addAction(nodes, open, action);
  addDestroy(nodes, open);
  addRename(nodes, open);
  addResize(nodes, open);
}

function addReads(nodes: Group, open: Open): void {
  withList(nodes.command("list"))
    .description(
      "list the servers of an account; --filter tag=env:prod for tags",
    )
    .action(async (_, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      const { tags, filter } = withoutTags(options.filter);
      await context.list(NODE, { ...options, filter }, async () => {
        const driver = await context.driver();
        return driver.listNodes({ ...context.call, tags });
      });
    });
  withColumns(nodes.command("get"))
    .description("show servers")
    .argument("<node...>", "ids or names")
    .action(async (refs, _, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      checkSelection(NODE, options);
      const found = await findNodes(await context.driver(), refs, context.call);
      await context.show(NODE, found.length === 1 ? found[0]! : found, options);
    });
}

function addCreate(nodes: Group, open: Open): void {
  withDryRun(withColumns(nodes.command("create")))
    .description("create a server")
    .argument("<name>", "name of the server")
    .requiredOption("--size <id>", 'size, from "nephos sizes list"')
    .requiredOption("--image <id>", 'image, from "nephos images list"')
    .option("--location <id>", 'location, from "nephos locations list"')
    .option("--key <id>", "key pair that can log in; can be repeated", toMore)
    .option("--tag <key:value>", "tag; can be repeated", toMore)
    .option("--user-data <file>", "user data, which cloud-init reads")
    .option("--idempotency-key <key>", "create only one server with this key")
    .option("--wait", "wait until the server runs and has an address")
    .action(async (name, _, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      checkSelection(NODE, options);
      const { userData } = options;
      const request = {
        name,
        size: options.size,
        image: options.image,
        location: options.location,
        keyPairs: options.key,
        tags: options.tag,
        userData: userData && await readText(context.surroundings, userData),
        idempotencyKey: options.idempotencyKey,
      };
      const driver = await context.driver();
      const doing = `create the node ${name} at ${driver.displayName}`;
      const created = await context.change(
        options,
        doing,
        (call) => driver.createNode({ ...call, ...request }),
      );
      if (created === undefined) return;
      const node = options.wait
        ? await waitFor(context, driver, created.value)
        : created.value;
      await context.show(withSecret(NODE, node, "rootPassword"), node, options);
    });
}

/** Waits until a new node runs; shows it, and says that it exists, if not. */
async function waitFor(
  context: Context,
  driver: NodeDriver,
  created: Node,
): Promise<Node> {
  context.note(`created ${label(created)}`);
  try {
    const [running = created] = await context.follow((progress) =>
      driver.waitUntilRunning(created, {
        ...context.call,
        onProgress: (it) => progress.wait(it),
      })
    );
    // Only the response to the create request has a password.
    return { ...created, ...running };
  } catch (error) {
    await context.show(withSecret(NODE, created, "rootPassword"), created);
    throw leftBehind(
      error,
      `the node ${label(created)} exists, and is billed`,
      `run "nephos nodes get ${created.id}", or "nephos nodes destroy ${created.id}"`,
    );
  }
}

/** A change of nodes that needs no further values. */
interface Action {
  readonly name: string;
  readonly description: string;
  /** Word for what was done. */
  readonly done: string;
  /** Finds the method of the driver. */
  readonly method: (driver: NodeDriver) => NodeDriver["rebootNode"];
  /** Waits until it is done. */
  readonly wait: (
    driver: NodeDriver,
    nodes: readonly Node[],
    options: WaitCall,
  ) => Promise<Node[]>;
}

type WaitCall = NonNullable<Parameters<NodeDriver["waitUntilRunning"]>[1]> & {
  readonly once?: false;
};

const ACTIONS: readonly Action[] = [
  {
    name: "reboot",
    description: "restart servers",
    done: "rebooted",
    method: (driver) => driver.rebootNode.bind(driver),
    wait: (driver, nodes, call) =>
      driver.waitUntilRunning(nodes, { ...call, needsAddress: false }),
  },
  {
    name: "start",
    description: "start stopped servers",
    done: "started",
    method: (driver) => power(driver).startNode.bind(driver),
    wait: (driver, nodes, call) =>
      driver.waitUntilRunning(nodes, { ...call, needsAddress: false }),
  },
  {
    name: "stop",
    description: "stop servers; most providers keep billing them",
    done: "stopped",
    method: (driver) => power(driver).stopNode.bind(driver),
    wait: (driver, nodes, call) =>
      driver.waitForState(nodes, { ...call, state: "stopped" }),
  },
];

const DESTROY: Action = {
  name: "destroy",
  description: "destroy servers; all data on their disks is deleted",
  done: "destroyed",
  method: (driver) => driver.destroyNode.bind(driver),
  wait: (driver, nodes, call) =>
    driver.waitForState(nodes, { ...call, state: "terminated" }),
};

function power(driver: NodeDriver) {
  if (supports(driver, "power")) return driver;
  throw unsupported(driver, "starting and stopping");
}

function addAction(nodes: Group, open: Open, action: Action): void {
  withDryRun(nodes.command(action.name))
    .description(action.description)
    .argument("<node...>", "ids or names")
    .option("--wait", "wait until it is done")
    .action(async (refs, _, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      const driver = await context.driver();
      // Refuses a provider that cannot do it, before any request.
      action.method(driver);
      const found = await findNodes(driver, refs, context.call);
      await act(context, driver, found, action, options);
    });
}

function addDestroy(nodes: Group, open: Open): void {
  withYes(nodes.command(DESTROY.name))
    .description(DESTROY.description)
    .argument("<node...>", "ids or names")
    .option("--wait", "wait until the servers are gone")
    .action(async (refs, _, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      const driver = await context.driver();
      const found = await findNodes(driver, refs, context.call);
      await context.confirm(
        options,
        `All data of ${found.map(label).join(", ")} at ` +
          `${driver.displayName} will be deleted`,
      );
      await act(context, driver, found, DESTROY, options);
    });
}

/** Changes nodes one after the other, and then waits for all of them. */
async function act(
  context: Context,
  driver: NodeDriver,
  nodes: readonly Node[],
  { name: verb, done, method, wait }: Action,
  options: ChangeEachOptions,
): Promise<void> {
  const words = { verb, done };
  const change = method(driver);
  const changed = await changeEach(context, options, nodes, words, change);
  if (!options.wait || changed.length === 0) return;
  const ended = await context.follow((progress) =>
    wait(driver, changed, {
      ...context.call,
      onProgress: (it) => progress.wait(it),
    })
  );
  await context.show(NODE, ended);
}

function addRename(nodes: Group, open: Open): void {
  withDryRun(nodes.command("rename"))
    .description("rename a server")
    .argument("<node>", "id or name")
    .argument("<name>", "the new name")
    .action(async (ref, name, _, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      const driver = await context.capable("renaming", "renaming");
      const [node] = await findNodes(driver, [ref], context.call);
      const renamed = await context.change(
        options,
        `rename ${label(node!)} to ${name}`,
        (call) => driver.renameNode(node!, { ...call, name }),
      );
      if (renamed === undefined) return;
      await context.show(CHANGE, { id: node!.id, name, action: "renamed" });
    });
}

function addResize(nodes: Group, open: Open): void {
  withDryRun(nodes.command("resize"))
    .description("change the size of a server; many providers restart it")
    .argument("<node>", "id or name")
    .requiredOption("--size <id>", 'size, from "nephos sizes list"')
    .action(async (ref, _, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      const driver = await context.capable("resizing", "resizing");
      const [node] = await findNodes(driver, [ref], context.call);
      const { id, name } = node!;
      const { size } = options;
      const resized = await context.change(
        options,
        `resize ${label(node!)} to ${size}`,
        (call) => driver.resizeNode(id, { ...call, size }),
      );
      if (resized === undefined) return;
      await context.show(CHANGE, { id, name, action: `resized to ${size}` });
    });
}
