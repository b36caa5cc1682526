/**
 * No secret appears in any output, even if a provider sends back everything that
 * it received.
 *
 * @module
 */

import { assert, assertEquals, assertFalse } from "@std/assert";
import type { EnvironmentVariable } from "../../core/mod.ts";
import type { Fetch } from "../../core/mod.ts";
import { getDriver, Provider } from "../../drivers/registry.ts";
import { nephos } from "./_nephos.ts";

/** Options that are secret. */
const SECRET = /token|password|secret|apiKey/i;

/** Options whose values must be valid. */
function validOptions(provider: string): Readonly<Record<string, string>> {
  return {
    authUrl: "https://login.example.com/v3",
    region: provider === "ec2" ? "us-east-1" : "DFW",
  };
}

/** Variables of an account, and its secrets. */
async function accountOf(provider: string) {
  const Driver = await getDriver(provider) as unknown as {
    readonly variables: readonly EnvironmentVariable[];
  };
  const env: Record<string, string> = {};
  const secrets: string[] = [];
  const valid = validOptions(provider);
  for (const { option, names: [name = ""], isOptional } of Driver.variables) {
    if (isOptional && option !== "sessionToken") continue;
    const value = valid[option] ?? `s3cr3t+${option}/==`;
    env[name] = value;
    if (SECRET.test(option)) secrets.push(value);
  }
  assert(secrets.length > 0, provider);
  return { env, secrets };
}

/** Everything that a request contains, also decoded. */
async function contentOf(request: Request): Promise<string> {
  const headers = [...request.headers].map(([name, value]) => {
    const [, encoded] = /^Basic (.+)$/.exec(value) ?? [];
    return `${name}: ${value} ${encoded === undefined ? "" : atob(encoded)}`;
  });
  return [request.method, request.url, ...headers, await request.text()]
    .join(" ");
}

/** Providers that send back what they received, by how they do it. */
const ECHOES: Readonly<Record<string, (content: string) => Response>> = {
  ...Object.fromEntries(
    [400, 401, 403, 404, 422, 500].map((status) => [
      `status ${status} in JSON`,
      (content: string) =>
        Response.json({
          error: { message: content, code: content },
          error_message: content,
          errors: [{ reason: content }],
          message: content,
          id: content,
        }, {
          status,
          headers: { "x-request-id": encodeURIComponent(content) },
        }),
    ]),
  ),
  "status 400 in XML": (content) =>
    new Response(
      `<Response><Errors><Error><Code>${content}</Code><Message>${content}</Message></Error></Errors></Response>`,
      { status: 400, headers: { "content-type": "text/xml" } },
    ),
  "a text": (content) => new Response(content, { status: 400 }),
  "a network error": (content) => {
    throw new TypeError(`cannot send ${content}`);
  },
};

const COMMANDS = [
  "nodes list",
  "nodes list -o json",
  "nodes destroy 42 --yes -o json",
];

for (const provider of Object.values(Provider)) {
  Deno.test(`nephos shows no secret of ${provider}, which sends back what it got`, async () => {
    const { env, secrets } = await accountOf(provider);
    const runs = Object.entries(ECHOES).flatMap(([how, echo]) =>
      COMMANDS.map(async (command) => {
        let requests = 0;
        const fetch: Fetch = async (request) => {
          requests++;
          return echo(await contentOf(request));
        };
        const args = `${command} -p ${provider} --debug`;
        const { stdout, stderr } = await nephos(args, { env, fetch });
        assert(requests > 0, `${how}: ${stderr}`);
        assert(stderr.includes("debug: "), stderr);
        const output = stdout + stderr;
        for (const secret of secrets) {
          for (const form of formsOf(secret)) {
            assertFalse(output.includes(form), `${args}, ${how}: ${output}`);
          }
        }
      })
    );
    assertEquals((await Promise.allSettled(runs)).flatMap(failureOf), []);
  });
}

/** The forms in which a secret can be written. */
function formsOf(secret: string): string[] {
  return [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
  ];
}

function failureOf(result: PromiseSettledResult<void>): string[] {
  return result.status === "rejected" ? [String(result.reason.message)] : [];
}
