/**
 * Programs, files and modules that a test needs from the machine.
 *
 * @module
 */

/** The Python that Debian installs its modules for. */
export const PYTHON = "/usr/bin/python3";

/** Debian packages of commands and Python modules. */
export const PACKAGES: Readonly<Record<string, string>> = {
  [PYTHON]: "python3",
  "/usr/bin/chromium": "chromium",
  "/usr/bin/hcloud": "hcloud-cli",
  "/usr/bin/openstack": "python3-openstackclient",
  "/usr/bin/slcli": "python3-softlayer",
  "/usr/sbin/pdns_server": "pdns-server",
  "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql":
    "pdns-backend-sqlite3",
  "/usr/sbin/sshd": "openssh-server",
  "SoftLayer": "python3-softlayer",
  "aws": "awscli",
  "bash": "bash",
  "busybox": "busybox",
  "chpasswd": "passwd",
  "cloud-init": "cloud-init",
  "cloudinit": "cloud-init",
  "dash": "dash",
  "dns": "python3-dnspython",
  "fish": "fish",
  "git": "git",
  "hcloud": "python3-hcloud",
  "kzonecheck": "knot-dnssecutils",
  "ldns-read-zone": "ldnsutils",
  "lexicon": "python3-lexicon",
  "libcloud": "python3-libcloud",
  "named-compilezone": "bind9-utils",
  "npm": "npm",
  "openssl": "openssl",
  "openstack": "python3-openstacksdk",
  "pebble": "pebble",
  "ssh-add": "openssh-client",
  "ssh-agent": "openssh-client",
  "ssh-keygen": "openssh-client",
  "sudo": "sudo",
  "tar": "tar",
  "useradd": "passwd",
  "userdel": "passwd",
  "zsh": "zsh",
};

/** Requirements of a test. */
export interface Needs {
  /** Programs, by name or by path. */
  readonly commands?: readonly string[];
  /** Files, by path. */
  readonly files?: readonly string[];
  /** Modules that {@linkcode PYTHON} can import. */
  readonly python?: readonly string[];
  /** Environment variables that are set and not empty. */
  readonly env?: readonly string[];
  /** Whether the user must be root. */
  readonly root?: boolean;
}

/** Part of the definition of a test. */
export interface Needed {
  /** Name of the test. */
  readonly name: string;
  /** Whether a requirement is missing. */
  readonly ignore: boolean;
}

/**
 * Skips a test if a requirement is missing.
 *
 * The reason is printed as one line, which `deno task test` reads: `SKIP
 * <name>: needs <requirements>; apt-get install <packages>`. The packages are
 * left out if none of {@linkcode PACKAGES} would help.
 *
 * @param name The name of the test.
 * @param needs The requirements of the test.
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
  const commands = (needs.commands ?? []).filter((it) => !hasCommand(it));
  const modules = (needs.python ?? []).filter((it) => !hasModule(it));
  const missing = [
    ...commands,
    ...(needs.files ?? []).filter((file) => !isFile(file)),
    ...modules.map((module) => `the Python module ${module} for ${PYTHON}`),
    ...(needs.env ?? []).filter((variable) => !Deno.env.get(variable))
      .map((variable) => `the variable ${variable}`),
    ...(needs.root && Deno.uid() !== 0 ? ["root"] : []),
  ];
  if (missing.length === 0) return { name, ignore: false };
  const packages = new Set(
    [...commands, ...modules.map((module) => module.split(".")[0]!)]
      .flatMap((it) => PACKAGES[it] ?? []),
  );
  const help = packages.size > 0
    ? `; apt-get install ${[...packages].sort().join(" ")}`
    : "";
  console.log(`SKIP ${name}: needs ${missing.join(", ")}${help}`);
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
