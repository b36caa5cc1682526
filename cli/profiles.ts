/**
 * Profiles: accounts in a file. The file names variables that have credentials,
 * or commands that print them, and never has a secret itself.
 *
 * @module
 */

import { CommandError, ExitCode, usageError } from "./errors.ts";
import type { Surroundings } from "./surroundings.ts";

/** Where a credential comes from. */
export type Source =
  | { readonly env: string }
  | { readonly command: readonly string[] };

/** An account in the file. */
export interface Profile {
  /** Id of the provider. */
  readonly provider: string;
  /** Options of the driver that are secret, or belong to a secret. */
  readonly credentials: Readonly<Record<string, Source>>;
  /** Options of the driver that are not secret, such as the region. */
  readonly settings: Readonly<Record<string, string | boolean>>;
}

/** The file. */
export interface Profiles {
  /** Path of the file, for messages. */
  readonly path: string;
  /** Name of the profile of commands that name none. */
  readonly default?: string | undefined;
  /** The profiles by name. */
  readonly profiles: Readonly<Record<string, Profile>>;
}

/** Options that must not be in the file. */
const SECRET = /token|password|secret|key/i;

/**
 * Reads the file with profiles, if there is one.
 *
 * @param surroundings Has the file, and the variables with its path.
 * @param path Path that the user passed.
 * @returns The profiles.
 * @throws {CommandError} If the file is invalid, or the path that the user passed
 *   leads to no file.
 */
export async function readProfiles(
  surroundings: Surroundings,
  path?: string,
): Promise<Profiles> {
  const chosen = path ?? surroundings.env.NEPHOS_CONFIG;
  const file = chosen || defaultPath(surroundings.env);
  const text = await surroundings.readFile(file);
  if (text !== undefined) return await parseProfiles(file, text);
  if (!chosen) return { path: file, profiles: {} };
  throw usageError(
    `there is no file ${JSON.stringify(chosen)}`,
    "check --config, or the variable NEPHOS_CONFIG",
  );
}

/**
 * Reads a credential from its source.
 *
 * @param surroundings Has the variables, and runs programs.
 * @param source Where the credential comes from.
 * @param place Where the source is in the file, for messages.
 * @returns The credential.
 * @throws {CommandError} If the variable is missing, or the program fails. The
 *   message contains no output of the program.
 */
export async function readCredential(
  surroundings: Surroundings,
  source: Source,
  place: string,
): Promise<string> {
  const fail = (message: string, hint: string, cause?: unknown) =>
    new CommandError(ExitCode.CREDENTIALS, `${place}: ${message}`, hint, cause);
  if ("env" in source) {
    const value = surroundings.env[source.env];
    if (value) return value;
    throw fail(`the variable ${source.env} is not set`, `set ${source.env}`);
  }
  const [program = ""] = source.command;
  let output: string;
  try {
    output = await surroundings.runProgram(source.command);
  } catch (error) {
    if (surroundings.signal.aborted) throw surroundings.signal.reason;
    throw fail(`${program} failed`, "run it by hand to see why", error);
  }
  const value = output.trim();
  if (value !== "") return value;
  throw fail(`${program} printed nothing`, "run it by hand to see why");
}

function defaultPath(env: Surroundings["env"]): string {
  const { XDG_CONFIG_HOME, APPDATA, HOME = "" } = env;
  const folder = XDG_CONFIG_HOME || APPDATA || `${HOME}/.config`;
  return `${folder}/nephos/config.yaml`;
}

async function parseProfiles(path: string, text: string): Promise<Profiles> {
  const { parse } = await import("@std/yaml/parse");
  let content: unknown;
  try {
    // JSON is YAML, too.
    content = parse(text);
  } catch (error) {
    // Further lines quote the file.
    const [reason = ""] = (error as Error).message.split("\n");
    throw usageError(
      `${path}: ${reason.replace(/:$/, "")}`,
      "correct the file",
    );
  }
  const file = new Mapping(path, "", content);
  file.checkNames(["default", "profiles"]);
  const profiles = file.mapping("profiles");
  const byName = Object.fromEntries(
    profiles.names.map((name) => [name, toProfile(profiles.mapping(name))]),
  );
  const byDefault = file.optionalText("default");
  if (byDefault !== undefined && !Object.hasOwn(byName, byDefault)) {
    throw file.problem(
      "default",
      `must be the name of a profile, such as ${
        Object.keys(byName)[0] ?? "work"
      }`,
    );
  }
  return { path, default: byDefault, profiles: byName };
}

function toProfile(profile: Mapping): Profile {
  profile.checkNames(["provider", "credentials", "settings"]);
  const credentials = profile.mapping("credentials");
  const settings = profile.mapping("settings");
  const secret = settings.names.find((name) => SECRET.test(name));
  if (secret !== undefined) {
    throw settings.problem(secret, "belongs below credentials", SOURCES);
  }
  return {
    provider: profile.text("provider"),
    credentials: Object.fromEntries(
      credentials.names.map((name) => [name, toSource(credentials, name)]),
    ),
    settings: Object.fromEntries(
      settings.names.map((name) => [name, settings.setting(name)]),
    ),
  };
}

/** Both forms of a source, for messages. */
const SOURCES =
  "write { env: NAME_OF_A_VARIABLE } or { command: [pass, show, name] }";

function toSource(credentials: Mapping, name: string): Source {
  const value = credentials.value(name);
  const { env, command } = Object(value) as {
    readonly env?: unknown;
    readonly command?: unknown;
  };
  if (typeof env === "string" && /^\w+$/.test(env)) return { env };
  if (
    Array.isArray(command) && command.length > 0 &&
    command.every((it) => typeof it === "string")
  ) return { command };
  // The value is not shown: it may be a secret.
  throw credentials.problem(
    name,
    "must name a variable or a command, so that no secret is in the file",
    SOURCES,
  );
}

/** A mapping of the file. */
class Mapping {
  readonly #path: string;
  readonly #place: string;
  readonly #values: ReadonlyMap<string, unknown>;

  constructor(path: string, place: string, value: unknown) {
    this.#path = path;
    this.#place = place;
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw usageError(
        `${path}: ${place || "the file"} must be a mapping`,
        "docs/command-line.md shows a file",
      );
    }
    this.#values = new Map(Object.entries(value));
  }

  get names(): string[] {
    return [...this.#values.keys()];
  }

  value(name: string): unknown {
    return this.#values.get(name);
  }

  /** A mapping below this one; an empty one if it is missing. */
  mapping(name: string): Mapping {
    return new Mapping(this.#path, this.#at(name), this.value(name) ?? {});
  }

  text(name: string): string {
    const value = this.optionalText(name);
    if (value !== undefined) return value;
    throw this.problem(name, "is missing");
  }

  optionalText(name: string): string | undefined {
    const value = this.value(name);
    if (value === undefined || typeof value === "string") return value;
    throw this.problem(name, "must be a string");
  }

  setting(name: string): string | boolean {
    const value = this.value(name);
    return typeof value === "boolean" ? value : this.text(name);
  }

  checkNames(known: readonly string[]): void {
    const unknown = this.names.find((name) => !known.includes(name));
    if (unknown === undefined) return;
    throw this.problem(unknown, "is unknown", `use ${known.join(", ")}`);
  }

  problem(
    name: string,
    problem: string,
    hint = "docs/command-line.md shows a file",
  ): CommandError {
    return usageError(`${this.#path}: ${this.#at(name)} ${problem}`, hint);
  }

  #at(name: string): string {
    return this.#place === "" ? name : `${this.#place}.${name}`;
  }
}
