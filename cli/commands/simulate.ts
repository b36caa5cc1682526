/**
 * `nephos simulate`: a provider as a local server, for other people's tools.
 *
 * @module
 */

import { Argument } from "npm:@commander-js/extra-typings@15.1.0";
import type { EnvironmentVariable } from "../../core/environment.ts";
import type { Fetch } from "../../core/options.ts";
import type { Context, Open } from "../context.ts";
import { toCount, toPort } from "../options.ts";
import type { Program } from "../root.ts";
import { serveUntilAborted } from "../serving.ts";
import {
  ALL_SIMULATED,
  type SimulatedId,
  type Simulation,
} from "../simulators.ts";

/** Adds the command that serves a simulator. */
export function addSimulate(program: Program, open: Open): void {
  program.command("simulate")
    .description("serve a simulated account on this machine until Ctrl-C")
    .addArgument(new Argument("<provider>", "provider").choices(ALL_SIMULATED))
    .option("--port <port>", "port; any free port by default", toPort, 0)
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option(
      "--nodes <count>",
      "number of servers at the start, or of zones",
      toCount,
      20,
    )
    .option("--state <file>", "keep the changes in this file")
    .action(async (provider, _, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      const simulation = await openSimulation(context, provider, options);
      const fetch = options.debug
        ? withDebug(context, simulation.fetch)
        : simulation.fetch;
      await serveUntilAborted(
        context.surroundings,
        fetch,
        options,
        async (url) => {
          const variables = await variablesOf(provider, simulation, url);
          print(context, { provider, url: url + simulation.path, variables });
        },
      );
    });
}

async function openSimulation(
  context: Context,
  provider: SimulatedId,
  { nodes, state }: { readonly nodes: number; readonly state?: string },
): Promise<Simulation> {
  if (state === undefined) {
    const { simulateAny } = await import("../simulators.ts");
    return await simulateAny(provider, { nodes });
  }
  const { openJournal } = await import("../journal.ts");
  const kept = await openJournal(context.surroundings, state, provider, nodes);
  if (kept.repeated > 0) context.note(`${kept.repeated} changes from ${state}`);
  if (kept.refused > 0) {
    context.note(`warning: ${kept.refused} of them cannot be repeated`);
  }
  return kept;
}

function withDebug(context: Context, fetch: Fetch): Fetch {
  return async (request) => {
    const response = await fetch(request);
    const { pathname } = new URL(request.url);
    context.surroundings.stderr.write(
      `debug: ${request.method} ${pathname} ${response.status}\n`,
    );
    return response;
  };
}

/** A server, as `-o json` prints it. */
interface Served {
  readonly provider: SimulatedId;
  readonly url: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** Prints the URL and the variables, in a form that a shell can read. */
function print(context: Context, served: Served): void {
  const { options: { output }, surroundings: { stdout } } = context;
  if (output === "json") {
    stdout.write(`${JSON.stringify(served, null, 2)}\n`);
    return;
  }
  const lines = Object.entries(served.variables)
    .map(([name, value]) => `export ${name}=${quote(value)}\n`);
  const about = `# ${served.provider} is simulated at ${served.url}\n`;
  stdout.write(about + lines.join(""));
}

/** Quotes a value for a shell, if it needs that. */
function quote(value: string): string {
  return /^[\w./:@%+,-]+$/.test(value)
    ? value
    : `'${value.replaceAll("'", String.raw`'\''`)}'`;
}

/** Further variables that the provider's own tools need. */
const EXTRA: Partial<
  Record<SimulatedId, (url: string) => Readonly<Record<string, string>>>
> = {
  ec2: (url) => ({
    // The SDK for Python does not read AWS_REGION.
    AWS_DEFAULT_REGION: "us-east-1",
    // All SDKs of AWS since 2023.
    AWS_ENDPOINT_URL_EC2: url,
  }),
  route53: (url) => ({
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_ENDPOINT_URL_ROUTE_53: url,
  }),
  openstack: () => ({
    OS_IDENTITY_API_VERSION: "3",
    OS_USER_DOMAIN_ID: "default",
    OS_PROJECT_DOMAIN_ID: "default",
    OS_REGION_NAME: "RegionOne",
  }),
};

/** Class of the driver for the servers of a provider, or for its zones. */
async function classOf(provider: SimulatedId): Promise<unknown> {
  const { getDriver, Provider } = await import("../../drivers/registry.ts");
  const ids: readonly string[] = Object.values(Provider);
  if (ids.includes(provider)) return await getDriver(provider as string);
  const { getDnsDriver } = await import("../../drivers/dns_registry.ts");
  return await getDnsDriver(provider as string);
}

/** Variables with which nephos and the provider's own tools use the server. */
async function variablesOf(
  provider: SimulatedId,
  { options, path, loginPath }: Simulation,
  url: string,
): Promise<Readonly<Record<string, string>>> {
  const { variables } = await classOf(provider) as unknown as {
    readonly variables: readonly EnvironmentVariable[];
  };
  const baseUrl = url + path;
  const values: Readonly<Record<string, unknown>> = {
    ...options,
    baseUrl,
    ...loginPath !== undefined && { authUrl: url + loginPath },
  };
  const own = variables.flatMap(({ option, names: [name = ""] }) => {
    const value = values[option];
    return typeof value === "string" ? [[name, value] as const] : [];
  });
  return {
    NEPHOS_PROVIDER: provider,
    // The service catalogue of a login has the other addresses.
    ...loginPath === undefined && { NEPHOS_ENDPOINT: baseUrl },
    ...Object.fromEntries(own),
    ...EXTRA[provider]?.(url),
  };
}
