/**
 * Compares docs/from-libcloud.md with the installed Apache Libcloud: its names,
 * and the output of the script in Python and in TypeScript.
 *
 * @module
 */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { Provider } from "../../mod.ts";
import { DigitalOceanSimulator } from "../../simulators/digitalocean/mod.ts";
import { path, runDeno } from "../../tools/deno.ts";
import { IMMEDIATE } from "../_support/immediate.ts";
import { codeBlocks, codeSpans } from "../_support/markdown.ts";
import { needs, PYTHON } from "../_support/needs.ts";
import { serve } from "../_support/serve.ts";

/** Names of the parameters; `null` if the name is no function. */
type Parameters = readonly string[] | null;

/** A public name of Libcloud, as from_libcloud_names.py prints it. */
interface LibcloudName {
  readonly name: string;
  /** Names of the class, which may have an alias, and of its base classes. */
  readonly bases: readonly string[];
  readonly parameters: Parameters;
  readonly members: Readonly<Record<string, Parameters>>;
}

const PAGE = Deno.readTextFileSync(path("docs/from-libcloud.md"));

const libcloud = (name: string, fn: () => Promise<void>) =>
  Deno.test({ ...needs(name, { python: ["libcloud.compute.base"] }), fn });

libcloud(
  "docs/from-libcloud.md lists every public name of Libcloud's compute API",
  async () => {
    const names: LibcloudName[] = JSON.parse(
      await runPython(["from_libcloud_names.py"]),
    );
    assert(names.length > 90, `Libcloud has ${names.length} names`);
    assertEquals(missingNames(names, codeSpans(PAGE)), []);
  },
);

libcloud(
  "The scripts in docs/from-libcloud.md print the same lines",
  async () => {
    const blocks = codeBlocks(PAGE);
    const python = blocks.find(({ language }) => language === "python");
    const typescript = blocks.find(({ language }) => language === "ts");
    assert(python && typescript);
    const simulator = new DigitalOceanSimulator({
      // Libcloud does not repeat a request that a busy node refuses.
      ...IMMEDIATE.digitalocean,
      token: "secret",
    });
    await using server = serve(simulator.fetch);
    const args = ["from_libcloud.py", "127.0.0.1", String(server.port)];
    const [theirs, ours] = await Promise.all([
      runPython(args, python.text),
      runTypeScript(typescript.text),
    ]);
    assertNotEquals(theirs, "");
    assertEquals(ours, theirs);
    assertEquals(simulator.inventory().nodes, []);
  },
);

/** Names, members and parameters of Libcloud that no code span mentions. */
function missingNames(
  names: readonly LibcloudName[],
  spans: readonly string[],
): string[] {
  const documented = new Map<string, Parameters>();
  for (const span of spans) {
    const [, name, list] = /^([\w.]+)(?:\(([\w, ]*)\))?$/.exec(span) ?? [];
    if (name === undefined) continue;
    const earlier = documented.get(name) ?? [];
    const all = list === undefined || documented.get(name) === null;
    documented.set(name, all ? null : [...earlier, ...list.split(", ")]);
  }
  const isMissing = (name: string) => !documented.has(name);
  const missingParameters = (name: string, parameters: Parameters) =>
    (parameters ?? []).filter((parameter) =>
      documented.get(name)?.includes(parameter) === false
    );
  return names.flatMap(({ name, bases, parameters, members }) => [
    ...isMissing(name) ? [name] : [],
    ...missingParameters(name, parameters).map((it) => `${name}(${it})`),
    ...name === "Provider" ? missingProviders(members, isMissing) : Object
      .entries(members).flatMap(([member, parameters]) => {
        // The page describes an inherited member once.
        const owner = [name, ...bases].find((it) =>
          documented.has(`${it}.${member}`)
        );
        const full = `${owner}.${member}`;
        return owner === undefined
          ? [`${name}.${member}`]
          : missingParameters(full, parameters).map((it) => `${full}(${it})`);
      }),
  ]);
}

/** Providers that both have, and that the page does not mention. */
function missingProviders(
  members: LibcloudName["members"],
  isMissing: (name: string) => boolean,
): string[] {
  return Object.keys(members)
    .filter((member) => member.replaceAll("_", "") in Provider)
    .map((member) => `Provider.${member}`)
    .filter(isMissing);
}

async function runPython(
  [script = "", ...args]: readonly string[],
  input = "",
): Promise<string> {
  const child = new Deno.Command(PYTHON, {
    args: [path(`tests/interop/${script}`), ...args],
    env: { PYTHONDONTWRITEBYTECODE: "1", DIGITALOCEAN_TOKEN: "secret" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  assert(success, decoder.decode(stderr));
  return decoder.decode(stdout);
}

async function runTypeScript(text: string): Promise<string> {
  // Only files of this repository may import it by name.
  await Deno.mkdir(path(".out"), { recursive: true });
  const folder = await Deno.makeTempDir({ dir: path(".out") });
  try {
    const file = `${folder}/script.ts`;
    await Deno.writeTextFile(file, text);
    const { code, output, stdout } = await runDeno(
      ["run", "--quiet", "--no-prompt", file],
      { capture: true, env: { NO_COLOR: "1" } },
    );
    assertEquals(code, 0, output);
    return stdout;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
