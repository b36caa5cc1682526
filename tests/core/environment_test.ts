import { assertEquals, assertThrows } from "@std/assert";
import {
  type EnvironmentVariable,
  optionsFromEnv,
  type OptionsOverEnvironment,
} from "../../core/mod.ts";

const VARIABLES: readonly EnvironmentVariable[] = [
  { option: "key", names: ["ACME_KEY"], unless: ["keys"] },
  { option: "token", names: ["ACME_TOKEN", "ACME_CLI_TOKEN"] },
  { option: "session", names: ["ACME_SESSION"], isOptional: true },
];

interface Options {
  readonly key?: string;
  readonly keys?: () => string;
  readonly token: string;
  readonly session?: string;
  readonly fetch?: unknown;
}

function read(
  env: object,
  options?: OptionsOverEnvironment<Options>,
): Options {
  return optionsFromEnv<Options>("fromEnv", env, VARIABLES, options);
}

Deno.test("optionsFromEnv() reads the first variable that is set", () => {
  const env = { ACME_KEY: "k", ACME_TOKEN: "", ACME_CLI_TOKEN: "t", HOME: "/" };
  assertEquals(read(env), { key: "k", token: "t" });
  assertEquals(
    read({ ...env, ACME_TOKEN: "first", ACME_SESSION: "s" }),
    { key: "k", token: "first", session: "s" },
  );
});

Deno.test("optionsFromEnv() prefers options, and skips variables that an option replaces", () => {
  const keys = () => "";
  assertEquals(read({ ACME_KEY: "k" }, { keys, token: "t" }), {
    keys,
    token: "t",
  });
  assertEquals(read({ ACME_KEY: "k", ACME_TOKEN: "t" }, { key: "own" }), {
    key: "own",
    token: "t",
  });
});

Deno.test("optionsFromEnv() reads the variable if the option is undefined", () => {
  const env = { ACME_KEY: "k", ACME_TOKEN: "t" };
  assertEquals(read(env, { key: undefined, token: undefined }), {
    key: "k",
    token: "t",
  });
});

Deno.test("optionsFromEnv() rejects variables that are not an object", () => {
  for (const env of [undefined, null, "A=b"]) {
    assertThrows(
      () => read(env as unknown as object),
      TypeError,
      "fromEnv: env must be an object, got ",
    );
  }
});

Deno.test("optionsFromEnv() lists all missing variables and does not show values", () => {
  for (
    const env of [{}, { ACME_KEY: "", ACME_TOKEN: 5, ACME_SESSION: "can" }]
  ) {
    assertThrows(
      () => read(env),
      TypeError,
      "fromEnv: missing environment variables: ACME_KEY, " +
        "ACME_TOKEN or ACME_CLI_TOKEN",
    );
  }
});

Deno.test("optionsFromEnv() accepts the env of a Worker, whose values are not all strings", () => {
  const env = { ACME_KEY: "k", ACME_TOKEN: "t", BUCKET: { get: () => null } };
  assertEquals(read(env), { key: "k", token: "t" });
});

Deno.test("optionsFromEnv() accepts an alternative of a missing variable, from a variable or from the caller", () => {
  const variables: readonly EnvironmentVariable[] = [
    { option: "key", names: ["ACME_KEY"], alternatives: ["token"] },
    { option: "token", names: ["ACME_TOKEN"], isOptional: true },
  ];
  const read = (env: object, options?: object) =>
    optionsFromEnv<object>("fromEnv", env, variables, options);
  assertEquals(read({ ACME_TOKEN: "t" }), { token: "t" });
  assertEquals(read({}, { token: "t" }), { token: "t" });
  assertEquals(read({ ACME_KEY: "k", ACME_TOKEN: "t" }), {
    key: "k",
    token: "t",
  });
  assertThrows(
    () => read({}),
    TypeError,
    "fromEnv: missing environment variables: ACME_KEY",
  );
});
