/**
 * Checks of the use of `fetch`, and of secrets in output.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { Hooks } from "../core/hooks.ts";
import { type Check, each, outcomeOf } from "./checks.ts";
import { createDriver } from "./subject.ts";
import { formsOf, secretsOf } from "./forms.ts";
import type { CallContext } from "./context.ts";
import type { Fault } from "./faults.ts";
import { networkError, respond } from "./responses.ts";
import { type MethodSpec, Probe, type TestedDriver, valueOf } from "./table.ts";

/** Creates the checks of `fetch` and of secrets. */
export function secretChecks<D extends TestedDriver>(
  context: CallContext<D>,
): Check[] {
  return [
    {
      name: "calls fetch as a plain function with one Request",
      rule: "A driver sends every request through its connection.",
      see: "the-connection",
      run: () => checkPlainFetch(context),
    },
    {
      name: "shows no secret when it is printed, in errors and in hook events",
      rule:
        "Credentials and secret options occur in no error, no hook event and no printed driver.",
      see: "secrets",
      run: () => checkSecrets(context),
    },
  ];
}

async function checkPlainFetch<D extends TestedDriver>(
  context: CallContext<D>,
): Promise<void> {
  const { fetch } = context.open();
  const deviations: string[] = [];
  const driver = createDriver(context.options, {
    // deno-lint-ignore no-explicit-any -- the arguments are checked
    fetch: function (this: unknown, ...args: any[]) {
      if (this !== undefined) deviations.push("called as a method");
      if (args.length !== 1 || !(args[0] instanceof Request)) {
        deviations.push(`called with ${args.length} arguments`);
      }
      if (!/\bnephos\/\d/.test(args[0].headers.get("user-agent"))) {
        deviations.push("without the User-Agent of the package");
      }
      return fetch(args[0]);
    },
  });
  await each(context.calls, async (call) => {
    await outcomeOf(() => call.run(driver));
  });
  assertEquals(deviations, []);
}

async function checkSecrets<D extends TestedDriver>(
  context: CallContext<D>,
): Promise<void> {
  const { inspect = () => "" } = context.options;
  const credentials = secretsOf(context.options);
  const hide = (secrets: readonly string[]) =>
  (
    what: string,
    ...texts: (string | undefined)[]
  ) => {
    for (const text of texts) {
      for (const secret of secrets) {
        assert(!text?.includes(secret), `${what} shows ${secret}: ${text}`);
      }
    }
  };
  const shown = (value: unknown): string[] => [
    String(value),
    JSON.stringify(value) ?? "",
    inspect(value),
    ...(value instanceof Error
      ? [
        value.message,
        value.stack ?? "",
        ...Reflect.ownKeys(value).map((key) => String(Reflect.get(value, key))),
        ...(value.cause === undefined ? [] : shown(value.cause)),
      ]
      : []),
  ];
  const values = Object.values(context.options.credentials);
  for (const { label, fault } of echoes(values)) {
    // One driver for all calls, because it is slow to print.
    const { events, hooks } = recordEvents();
    const { driver } = context.open(fault, { hooks });
    await each(context.calls, async (call) => {
      const outcome = await outcomeOf(() =>
        call.run(driver, { timeoutMs: 100 })
      );
      if (!("error" in outcome)) return;
      const assertHidden = hide([...credentials, ...secretsIn(call.spec)]);
      assertHidden(label, ...shown(outcome.error));
    });
    const all = context.calls.flatMap(({ spec }) => secretsIn(spec));
    const assertHidden = hide([...new Set([...credentials, ...all])]);
    assertHidden("the driver", ...shown(driver), ...shown(driver.connection));
    for (const event of events) {
      const { error } = event as { error?: unknown };
      assertHidden("a hook", ...shown(event));
      if (error !== undefined) assertHidden("a hook", ...shown(error));
    }
  }
  const assertHidden = hide(credentials);
  const { events, hooks } = recordEvents();
  const { driver } = context.open(undefined, { hooks });
  const list = context.calls.find(({ method }) => method.startsWith("list"));
  assert(list, "the table has no list that sends requests");
  await list.run(driver);
  assert(events.length > 0, "expected hook events");
  assertHidden("a hook", ...events.flatMap(shown));
  assertHidden("a listing", ...shown(list.run(driver)));
}

/** Names of options that are secrets. */
const SECRET_NAME = /pass|secret|private|^userData$/i;

/** Lists the secrets in the arguments of a method. */
function secretsIn({ options = {} }: MethodSpec): string[] {
  const find = (name: string, input: unknown): string[] => {
    if (input instanceof Probe && input.kind === "secret") {
      return [String(input.value)];
    }
    const value = valueOf(input);
    if (typeof value === "string") return SECRET_NAME.test(name) ? [value] : [];
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([key, part]) => find(key, part));
  };
  return Object.entries(options).flatMap(([name, input]) => find(name, input))
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
}

/** Creates hooks that record their events. */
function recordEvents(): { readonly events: unknown[]; readonly hooks: Hooks } {
  const events: unknown[] = [];
  const onEvent = (event: unknown) => void events.push(event);
  return {
    events,
    hooks: { onRequest: onEvent, onResponse: onEvent, onRetry: onEvent },
  };
}

/**
 * Faults that return the request, or the credentials in many forms, so that
 * errors could show them.
 */
function echoes(
  credentials: readonly string[],
): { label: string; fault: Fault }[] {
  const forms = Object.entries(formsOf(credentials.join(":")))
    .map(([name, text]) => `${name}: <${text}>`).join(" ");
  const echo = async (request: Request) => {
    const { headers, url, method } = request;
    return {
      sent: [...headers].map(([name, value]) => `${name}: ${value}`).join(";"),
      text: JSON.stringify({
        message: `${method} ${url} ${[...headers]} ${await request.text()}`,
        error: { message: `${[...headers]}` },
      }),
    };
  };
  const statuses = [200, 302, 400, 401, 403, 404, 409, 422, 429, 500, 503];
  return [
    {
      label: "an error after an echo of the credentials in many forms",
      fault: async () => await respond(forms, 400),
    },
    ...statuses.map((status) => ({
      label: `an error after an echo with status ${status}`,
      fault: async (request: Request) => {
        const { sent, text } = await echo(request);
        return await respond(text, status, {
          "x-request-id": sent,
          ...(status === 302
            ? { location: `https://elsewhere.example/${sent}?${sent}` }
            : {}),
        });
      },
    })),
    ...["ECONNRESET", "ECONNREFUSED"].map((code) => ({
      label: `an error after ${code}`,
      fault: async (request: Request) => {
        const { sent, text } = await echo(request);
        throw networkError(code, `${sent} ${text}`);
      },
    })),
  ];
}
