/**
 * What a test needs from the machine that it runs on.
 *
 * @module
 */

/** The Python that Debian's packages are installed for, whatever PATH has first. */
export const PYTHON = "/usr/bin/python3";

/** What has to be there. */
export interface Needs {
  /** Programs, by name or by path. */
  readonly commands?: readonly string[];
  /** Files, by their paths. */
  readonly files?: readonly string[];
  /** Modules that {@linkcode PYTHON} can import. */
  readonly python?: readonly string[];
  /** Environment variables that are set and not empty. */
  readonly env?: readonly string[];
  /** Whether one has to be root. */
  readonly root?: boolean;
}

/** What to spread into the definition of the test. */
export interface Needed {
  /** The name of the test. */
  readonly name: string;
  /** Whether something is missing. */
  readonly ignore: boolean;
}

/**
 * Names a test and leaves it out where it lacks something, which it prints.
 * With `NEPHOS_REQUIRE_ALL` set, as in CI, what is missing is a failure.
 *
 * @param name The name of the test.
 * @param needs What has to be there.
 * @returns The name, and whether to ignore the test.
 *
 * @example
 * ```ts ignore
 * Deno.test({
 *   ...needs("Libcloud lists our nodes", { python: ["libcloud"] }),
 *   fn: async () => {},
 * });
 * ```
 */
export function needs(name: string, needs: Needs): Needed {
  const missing = [
    ...(needs.commands ?? []).filter((command) => !hasCommand(command)),
    ...(needs.files ?? []).filter((file) => !isFile(file)),
    ...(needs.python ?? []).filter((module) => !hasModule(module))
      .map((module) => `the Python module ${module} for ${PYTHON}`),
    ...(needs.env ?? []).filter((variable) => !Deno.env.get(variable)),
    ...(needs.root && Deno.uid() !== 0 ? ["root"] : []),
  ];
  if (missing.length === 0) return { name, ignore: false };
  const why = `needs ${missing.join(", ")}`;
  if (Deno.env.get("NEPHOS_REQUIRE_ALL")) {
    Deno.test(`${name}: has what it needs`, () => {
      throw new Error(`Cannot run "${name}": ${why}`);
    });
  } else {
    console.log(`SKIP ${name}: ${why}`);
  }
  return { name, ignore: true };
}

function hasCommand(command: string): boolean {
  if (command.includes("/")) return isFile(command);
  return (Deno.env.get("PATH") ?? "").split(":").some((folder) =>
    isFile(`${folder}/${command}`)
  );
}

function isFile(file: string): boolean {
  try {
    return Deno.statSync(file).isFile;
  } catch {
    return false;
  }
}

const found = new Map<string, boolean>();

function hasModule(module: string): boolean {
  let has = found.get(module);
  if (has === undefined) {
    has = isFile(PYTHON) && new Deno.Command(PYTHON, {
      args: ["-c", `import ${module}`],
      stdout: "null",
      stderr: "null",
    }).outputSync().success;
    found.set(module, has);
  }
  return has;
}
