/**
 * The response with the fleet page. Style and script are inline, under a nonce.
 *
 * @module
 */

import type { Accounts } from "./accounts.ts";
import { HTML, SCRIPT, STYLE } from "./_text.ts";

/**
 * Renders the page. It has the names and providers of the accounts, but no
 * credentials.
 *
 * @param accounts The accounts.
 * @returns The response.
 */
export function renderPage(accounts: Accounts): Response {
  const nonce = crypto.randomUUID();
  const replacements: Readonly<Record<string, string>> = {
    '<link rel="stylesheet" href="page.css">':
      `<style nonce="${nonce}">\n${STYLE}</style>`,
    '<script type="module" src="page.js"></script>':
      `<script type="module" nonce="${nonce}">\n${SCRIPT}</script>`,
    '<meta name="settings" content="">': `<meta name="settings" content="${
      escape(settingsOf(accounts))
    }">`,
  };
  let page = HTML;
  for (const [placeholder, text] of Object.entries(replacements)) {
    page = page.replace(placeholder, () => text);
  }
  return new Response(page, {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": policyWith(nonce),
    },
  });
}

/** What the script knows before the first node arrives. */
function settingsOf(
  { drivers, unusable = {}, isSimulated = false }: Accounts,
): string {
  const accounts = [
    ...Object.entries(drivers).map(([name, { provider, displayName }]) => (
      { name, provider, displayName }
    )),
    ...Object.entries(unusable).map(([name, { provider }]) => (
      { name, provider, displayName: provider }
    )),
  ];
  return JSON.stringify({ accounts, isSimulated });
}

/** Escapes text for an attribute in double quotes. */
function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
}

/** Allows nothing but the two inline texts and requests to the Worker. */
function policyWith(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    // The browser refuses to parse a string as HTML.
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}
