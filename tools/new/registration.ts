/**
 * The lines that a provider needs in the files of this repository.
 *
 * @module
 */

import {
  insertBefore,
  insertColumn,
  insertRow,
  insertSorted,
} from "./edits.ts";
import type { ProviderNames } from "./template.ts";

/** What the lines say about a provider. */
export interface Registration extends ProviderNames {
  /** Whether the driver extends a connection of AWS. */
  readonly isAws: boolean;
  /** Whether there is a test that reads a description. */
  readonly isDescribed: boolean;
  /** Ids for the demo. */
  readonly node: {
    readonly size: string;
    readonly image: string;
    readonly location: string;
  };
}

type Edit = (text: string, facts: Registration) => string;

/**
 * Edits by file. A test fails while one of these lines is missing.
 *
 * @param facts The provider.
 * @returns The edits.
 */
export function registrations(
  facts: Registration,
): Readonly<Record<string, (text: string) => string>> {
  const edits: Record<string, Edit> = {
    "drivers/registry.ts": editRegistry,
    "deno.json": editExports,
    "README.md": editReadme,
    "docs/README.md": editDocs,
    ".github/ISSUE_TEMPLATE/bug.yml": editBugForm,
    "CHANGELOG.md": editChangelog,
    "examples/demo.ts": editDemo,
    "tests/size_test.ts": editSizes,
    ...facts.isDescribed ? { ".ci/run": editCi } : {},
    ...facts.isAws ? { "tests/layers_test.ts": editLayers } : {},
  };
  return Object.fromEntries(
    Object.entries(edits).map(([file, edit]) => [
      file,
      (text: string) => edit(text, facts),
    ]),
  );
}

function editRegistry(
  text: string,
  { id, prefix, name }: Registration,
): string {
  const module = `./${id}/compute.ts`;
  const imported = insertSorted(
    text,
    {
      start: /^import type \{ NodeDriver \}/,
      end: /^$/,
      key: /^import type .* from "(.*)";/,
    },
    module,
    `import type { ${prefix}NodeDriver } from "${module}";\n`,
  );
  const typed = insertSorted(
    imported,
    {
      start: /^export interface DriverClasses \{/,
      end: /^\}/,
      key: /^ {2}readonly (\w+):/,
      hasComments: true,
    },
    id,
    `  /** ${name}. */\n  readonly ${id}: typeof ${prefix}NodeDriver;\n`,
  );
  const named = insertSorted(
    typed,
    {
      start: /^export const Provider = \{/,
      end: /^\}/,
      key: /^ {2}(\w+):/,
      hasComments: true,
    },
    id.toUpperCase(),
    `  /** ${name}. */\n  ${id.toUpperCase()}: "${id}",\n`,
  );
  return insertSorted(
    named,
    {
      start: /^ {2}\{$/,
      end: /^ {2}\} satisfies/,
      key: /^ {4}(\w+): async/,
    },
    id,
    `    ${id}: async () => (await import("${module}")).${prefix}NodeDriver,\n`,
  );
}

function editExports(text: string, { id }: Registration): string {
  const modules = {
    [`./drivers/${id}`]: `./drivers/${id}/compute.ts`,
    [`./simulators/${id}`]: `./simulators/${id}/mod.ts`,
  };
  return Object.entries(modules).reduce((text, [subpath, file]) => {
    const folder = subpath.split("/")[1];
    return insertSorted(
      text,
      {
        start: /^ {2}"exports": \{/,
        end: /^ {2}\}/,
        key: new RegExp(`^ {4}"(\\./(?:${folder}/[^"]*|ssh))":`),
      },
      subpath,
      `    "${subpath}": "${file}",\n`,
    );
  }, text);
}

function editReadme(
  text: string,
  { id, prefix, name }: Registration,
): string {
  const row = [
    `[${name}](docs/providers/${id}.md)`,
    `\`${prefix}NodeDriver\``,
    `\`drivers/${id}\``,
  ];
  const listed = insertRow(text, "Provider", row);
  return insertColumn(listed, "Capability", name, "no");
}

function editDocs(text: string, { id, name }: Registration): string {
  const row = [`[${name}](providers/${id}.md)`, "virtual servers"];
  return insertRow(text, "Provider", row);
}

function editBugForm(text: string, { name }: Registration): string {
  return insertSorted(
    text,
    {
      start: /^ {8}- no provider/,
      end: /^ {8}- a driver of another package/,
      key: /^ {8}- (.+)$/,
    },
    name,
    `        - ${name}\n`,
  );
}

function editChangelog(text: string, { id, name }: Registration): string {
  return text.replace(
    /^(## Unreleased\n(?:.*\n)*?### Added\n\n)/m,
    `$1- Driver and simulator for ${name}: \`drivers/${id}\` and\n  \`simulators/${id}\`.\n`,
  );
}

function editDemo(
  text: string,
  { id, prefix, url, isAws, node }: Registration,
): string {
  const { pathname } = new URL(url);
  const path = pathname.replace(/\/$/, "");
  return insertSorted(
    text,
    {
      start: /^const SIMULATIONS: /,
      end: /^\};/,
      key: /^ {2}async (\w+)\(\) \{/,
    },
    id,
    `  async ${id}() {
    const { ${prefix}Simulator } = await import(
      "@nephos/nephos/simulators/${id}"
    );
    return {
      simulator: new ${prefix}Simulator({ ...FEW, createMs: 700 }),
${isAws ? '      settings: { region: "north-1" },\n' : ""}${
      path ? `      path: "${path}",\n` : ""
    }      node: {
        size: "${node.size}",
        image: "${node.image}",
        location: "${node.location}",
      },
    };
  },
`,
  );
}

function editSizes(text: string, { id }: Registration): string {
  const driver = insertBefore(
    text,
    /^ {2}"\.\/simulators\//,
    `  "./drivers/${id}": 20_000,\n`,
  );
  return insertSorted(
    driver,
    // No line matches the key, so that the new line is the last one.
    { start: /^const LIMITS: /, end: /^\};/, key: /^$(.)/ },
    id,
    `  "./simulators/${id}": 12_000,\n`,
  );
}

function editCi(text: string, { id }: Registration): string {
  const file = `tests/interop/${id}_description_test.ts`;
  return insertSorted(
    text,
    { start: /^may_skip=\(/, end: /^\)/, key: /^ {2}(\S+)/ },
    file,
    `  ${file}\n`,
  );
}

function editLayers(text: string, { id }: Registration): string {
  return text.replace(
    /^(const BUILT_ON: Readonly<Record<string, string>> = \{)/m,
    `$1 ${id}: "aws",`,
  );
}
