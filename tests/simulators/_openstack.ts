import { assert, assertEquals } from "@std/assert";
import {
  OpenStackSimulator,
  type OpenStackSimulatorOptions,
} from "../../simulators/openstack/mod.ts";

// deno-lint-ignore no-explicit-any -- JSON of responses is read without types
export type Json = any;

/** A response of a service. */
export interface Received {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

/** An id that no resource has. */
export const NO_ID = "7132c62d-0b6b-4e4f-8253-10028e0ca441";

/** Logs in to a simulated cloud whose clock the test controls. */
export async function logIn(options: OpenStackSimulatorOptions = {}) {
  let clock = Date.parse("2026-01-02T03:04:05Z");
  const simulator = new OpenStackSimulator({
    createMs: 100,
    actionMs: 10,
    now: () => clock,
    ...options,
  });
  const { username, password, projectName, authUrl } = simulator.credentials;
  const domain = { name: "Default" };
  const login = await simulator.fetch(
    new Request(`${authUrl}/auth/tokens`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        auth: {
          identity: {
            methods: ["password"],
            password: { user: { name: username, domain, password } },
          },
          scope: { project: { name: projectName, domain } },
        },
      }),
    }),
  );
  const token = login.headers.get("x-subject-token") ?? "";
  const project: string = (await login.json()).token.project.id;

  /** Returns functions that send requests to one service. */
  function service(base: string) {
    /** Sends a request such as `"GET /networks"`. */
    async function send(
      call: string,
      body?: unknown,
      headers: Record<string, string> = {},
    ): Promise<Received> {
      const [method = "", path = ""] = call.split(" ");
      const response = await simulator.fetch(
        new Request(base + path, {
          method,
          headers: {
            "x-auth-token": token,
            "content-type": "application/json",
            accept: "application/json",
            ...headers,
          },
          body: body === undefined || body instanceof Uint8Array
            ? body as BodyInit ?? null
            : JSON.stringify(body),
        }),
      );
      const text = await response.text();
      return {
        status: response.status,
        headers: response.headers,
        body: text.startsWith("{") || text === "null"
          ? JSON.parse(text)
          : text || undefined,
      };
    }

    /** Sends a request that succeeds; returns the body. */
    async function ok(
      call: string,
      body?: unknown,
      headers?: Record<string, string>,
    ): Promise<Json> {
      const response = await send(call, body, headers);
      assert(response.status < 300, `${call}: ${JSON.stringify(response)}`);
      return response.body;
    }

    /** Sends requests that are refused with a status and a message or type. */
    async function refuses(
      expected: string,
      call: string,
      body?: unknown,
      headers?: Record<string, string>,
    ): Promise<void> {
      const response = await send(call, body, headers);
      const error: Json = response.body?.NeutronError ??
        Object.values(response.body ?? {})[0];
      const reason = error?.type ?? error?.message ?? response.body?.message;
      const actual = `${response.status} ${reason ?? error}`;
      assertEquals([call, body, actual], [call, body, expected]);
    }

    return { send, ok, refuses };
  }

  return {
    simulator,
    token,
    project,
    pass: (ms: number) => clock += ms,
    compute: service("https://nova.openstack.example/v2.1"),
    image: service("https://glance.openstack.example/v2"),
    network: service("https://neutron.openstack.example/v2.0"),
    volume: service(`https://cinder.openstack.example/v3/${project}`),
  };
}
