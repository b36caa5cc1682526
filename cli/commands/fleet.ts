/**
 * `nephos fleet`: several accounts as one.
 *
 * @module
 */

import type { Fleet } from "../../core/compute/fleet.ts";
import type { InFleet } from "../../core/compute/fleet_run.ts";
import { AmbiguousNameError } from "../../core/compute/fleet_errors.ts";
import type { Node } from "../../core/compute/records.ts";
import type { NodeCosts } from "../../core/compute/fleet_cost.ts";
import { joinFew } from "../../core/message.ts";
import type { CallOptions } from "../../core/options.ts";
import { type Context, failIfAny, type Open } from "../context.ts";
import { usageError } from "../errors.ts";
import { COST, FLEET_NODE } from "../kinds.ts";
import { toCount, toPort, withColumns, withList } from "../options.ts";
import { checkSelection } from "../output.ts";
import { group, type Program } from "../root.ts";
import { withoutTags } from "../tags.ts";
import { serveFleetPage } from "./fleet_page.ts";

/** Adds the commands for several accounts. */
export function addFleet(program: Program, open: Open): void {
  const fleet = group(program, "fleet", "see the servers of several accounts")
    .option("--serve", "show a page with the servers of all accounts")
    .option(
      "--port <port>",
      "port of that page; any free port by default",
      toPort,
    )
    .hook("preSubcommand", (fleet, command) => {
      const [option] = Object.keys(fleet.opts());
      if (option === undefined) return;
      throw usageError(
        `fleet: --${option} and the command ${command.name()} cannot be combined`,
        `run "nephos fleet --serve", or "nephos fleet ${command.name()}"`,
      );
    })
    // The parser has this command only in groups without an action.
    .helpCommand(true)
    .allowExcessArguments()
    .action(async (_, command) => {
      const options = command.optsWithGlobals();
      if (command.args.length > 0) refuseUnknown(command);
      if (options.serve) {
        return await serveFleetPage(open(options), options.port ?? 0);
      }
      if (options.port === undefined) command.help({ error: true });
      throw usageError("fleet: --port needs --serve", "add --serve");
    });
  withList(fleet.command("list"))
    .description("list the servers of all accounts")
    .option(
      "--connections <count>",
      "connections at the same time; 6 by default",
      toCount,
    )
    .action(async (_, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      const { tags, filter } = withoutTags(options.filter);
      const selection = { ...options, filter };
      let errors = {};
      await context.list(FLEET_NODE, selection, async () => {
        const fleet = await openFleet(context, options.connections);
        const result = await fleet.listNodes({ ...context.call, tags });
        errors = result.errors;
        return result.items.map(withRef);
      });
      failIfAny(errors);
    });
  withColumns(fleet.command("find"))
    .description("find the server with a name, in all accounts")
    .argument("<name>", "name of the server")
    .action(async (name, _, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      checkSelection(FLEET_NODE, options);
      const fleet = await openFleet(context);
      const node = await find(fleet, name, context.call);
      await context.show(FLEET_NODE, withRef(node), options);
    });
  withColumns(fleet.command("cost"))
    .description("show what the servers of all accounts cost per month")
    .action(async (_, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      checkSelection(COST, options);
      const fleet = await openFleet(context);
      const { total, byDriver, byLocation, errors } = await fleet.monthlyCost(
        context.call,
      );
      const rows = [
        ...Object.entries(byDriver).map(toRow),
        ...Object.entries(byLocation).map(toRow),
        toRow(["total", total]),
      ];
      await context.show(COST, rows, options);
      failIfAny(errors);
    });
}

/** Refuses a word that is no command, as the parser does it in other groups. */
function refuseUnknown(command: object): never {
  // The parser does not do it for commands with an action, and its types do not
  // have the method.
  return (command as { unknownCommand(): never }).unknownCommand();
}

async function openFleet(
  context: Context,
  connections?: number,
): Promise<Fleet> {
  const { Fleet } = await import("../../core/compute/fleet.ts");
  return new Fleet(await context.drivers(), { connections });
}

/** Finds a node, and says what to type if several have the name. */
async function find(
  fleet: Fleet,
  name: string,
  call: CallOptions,
): Promise<InFleet<Node>> {
  try {
    return await fleet.find(name, call);
  } catch (error) {
    if (!AmbiguousNameError.is(error)) throw error;
    const { nodes } = error;
    throw usageError(
      `${nodes.length} nodes have the name ${JSON.stringify(name)}: ` +
        joinFew(nodes.map((it) => `${it.driver}/${it.id}`)),
      'name the account and the id: "nephos nodes get <id>" with --provider ' +
        "or --profile",
    );
  }
}

function toRow([of, costs]: [string, NodeCosts]): object {
  return { of, ...costs };
}

/** Adds the words that tell a node of one account from those of the others. */
function withRef<N extends InFleet<Node>>(
  node: N,
): N & { readonly ref: string } {
  return { ...node, ref: `${node.driver}/${node.id}` };
}
