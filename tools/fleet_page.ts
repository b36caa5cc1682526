/**
 * Writes `fleet_page/_text.ts` from the files of the fleet page in
 * `tools/fleet_page/`.
 *
 * JSR, npm and most bundlers know no imports of text, so the package has the page
 * as strings. The files stay what editors and the type checker understand.
 *
 * ```sh
 * deno task fleet-page
 * ```
 *
 * @module
 */

import { path } from "./deno.ts";

/** File that this program writes. */
export const TEXT = "fleet_page/_text.ts";

/** Files of the page, by the name of their constant. */
const FILES: Readonly<Record<string, string>> = {
  HTML: "page.html",
  STYLE: "page.css",
  SCRIPT: "page.js",
};

/**
 * Makes the module with the text of the page.
 *
 * @returns The source of the module.
 */
export async function makeText(): Promise<string> {
  const constants = await Promise.all(
    Object.entries(FILES).map(async ([name, file]) => {
      const text = await Deno.readTextFile(path(`tools/fleet_page/${file}`));
      return `\n/** Text of \`page/${file}\`. */\n` +
        `export const ${name}: string = \`${escape(text)}\`;\n`;
    }),
  );
  const about = `/**
 * The fleet page as text; written by \`deno task fleet-page\`.
 *
 * @module
 */
`;
  return about + constants.join("");
}

/** Escapes text for a template literal. */
function escape(text: string): string {
  return text.replace(/[\\`]|\$\{/g, "\\$&");
}

if (import.meta.main) await Deno.writeTextFile(path(TEXT), await makeText());
