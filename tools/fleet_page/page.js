// @ts-check
/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="dom.asynciterable" />

// The script of the fleet page. It reads /nodes and /prices line by line, and
// shows what it has so far. What comes from a provider becomes text, never HTML.

/**
 * @typedef {{ currency: string, monthly: number }} Price
 * @typedef {Partial<Price> & {
 *   id: string,
 *   locations?: Record<string, Price | null>,
 * }} Size
 * @typedef {{
 *   id: string,
 *   name: string,
 *   state: string,
 *   publicIps: string[],
 *   privateIps: string[],
 *   sizeId?: string,
 *   locationId?: string,
 *   tags: Record<string, string>,
 * }} ListedNode
 * @typedef {ListedNode & {
 *   account: Account,
 *   place: string,
 *   searched: string,
 * }} FleetNode
 * @typedef {{
 *   name: string,
 *   provider: string,
 *   displayName: string,
 *   nodes: number,
 *   hasResponded: boolean,
 *   error?: string | undefined,
 *   prices: "not requested" | "requested" | "loaded" | "failed",
 *   sizes: Map<string, Size | undefined>,
 * }} Account
 * @typedef {Price | "unknown" | "loading"} Cost
 * @typedef {{
 *   account?: string,
 *   provider?: string,
 *   nodes?: ListedNode[],
 *   sizes?: Size[],
 *   error?: string | undefined,
 *   complete?: boolean,
 *   next?: string,
 * }} Line
 */

/** Rows that the table shows at first, and by how many it grows. */
const ROWS = 200;
/** Bars of a chart; the locations that cost less share the last one. */
const BARS = 12;
/** Accounts whose prices are requested together. */
const PRICED_TOGETHER = 20;
/** Shortest time between two updates of the page, in milliseconds. */
const UPDATE_MS = 100;

/** How a state looks; other states are idle. */
const LOOKS = /** @type {Record<string, string>} */ ({
  running: "good",
  normal: "good",
  error: "bad",
  pending: "busy",
  starting: "busy",
  rebooting: "busy",
  stopping: "busy",
  reconfiguring: "busy",
  migrating: "busy",
  updating: "busy",
});

/** @type {{ accounts: Account[], isSimulated: boolean }} */
const settings = JSON.parse(
  document.querySelector("meta[name=settings]")?.getAttribute("content") ?? "",
);

/** The accounts by name. @type {Map<string, Account>} */
const accounts = new Map();
for (const { name, provider, displayName } of settings.accounts) {
  addAccount(name, provider, displayName);
}

/** Ids of providers; the place in the list chooses the colour. */
const providers = [
  ...new Set(settings.accounts.map(({ provider }) => provider)),
];

/** All nodes, in the order in which they came. @type {FleetNode[]} */
const nodes = [];

/** Position of the first node, if the page shows only the rest of a list. */
const firstFrom = new URLSearchParams(location.search).get("from");

let rowLimit = ROWS;
/** @type {{ by: string, isDescending: boolean } | undefined} */
let sorting;
/** How the list ended; `undefined` while it is loading. @type {Line | undefined} */
let end;

// Reading

/**
 * Reads a list line by line.
 *
 * @param {string} path
 * @param {(line: Line) => void} take Called with each line but the last.
 * @returns {Promise<Line>} The last line. If there is none, the list was cut off.
 */
async function read(path, take) {
  // The address of the page may contain a password, which fetch() refuses.
  const response = await fetch(new URL(path, location.origin));
  if (!response.body) throw new TypeError("the response has no body");
  const isList = response.headers.get("content-type")?.includes("ndjson");
  if (!isList) {
    throw new TypeError(`the response has status ${response.status}`);
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return { complete: false, error: "the connection was lost" };
    const lines = (rest + value).split("\n");
    rest = lines.pop() ?? "";
    for (const text of lines) {
      /** @type {Line} */
      const line = JSON.parse(text);
      if (line.complete !== undefined) return line;
      take(line);
    }
  }
}

/**
 * Reads a list to its end, or to the end of the budget.
 *
 * @param {string} path
 * @param {(line: Line) => void} take
 * @returns {Promise<Line>}
 */
async function readSafely(path, take) {
  try {
    return await read(path, take);
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    return { complete: false, error: message };
  }
}

/** @param {string | null | undefined} from */
async function loadNodes(from) {
  end = undefined;
  update();
  announce("Loading nodes");
  const query = from ? `?${new URLSearchParams({ from })}` : "";
  end = await readSafely(`/nodes${query}`, takeNodes);
  update();
  announce(progressText());
}

/** @param {Line} line */
function takeNodes({ account: name = "", provider = "", nodes: page, error }) {
  const account = accounts.get(name) ?? addAccount(name, provider, provider);
  account.hasResponded = true;
  // The name of the account is beside it.
  account.error = error?.replace(`listNodes: ${name}: `, "");
  for (const node of page ?? []) {
    account.nodes++;
    nodes.push(toFleetNode(node, account));
  }
  if (page?.length) requestPrices(account);
  update();
}

/** @type {Account[]} */
const unpriced = [];
let isPricing = false;

/** @param {Account} account */
function requestPrices(account) {
  if (account.prices !== "not requested") return;
  account.prices = "requested";
  unpriced.push(account);
  // Accounts that respond meanwhile are requested together.
  if (!isPricing) void loadPrices();
}

async function loadPrices() {
  isPricing = true;
  while (unpriced.length > 0) {
    const group = unpriced.splice(0, PRICED_TOGETHER);
    /** @type {Line} */
    let last = {};
    do {
      const query = new URLSearchParams(
        group.map(({ name }) => ["account", name]),
      );
      if (last.next) query.set("from", last.next);
      last = await readSafely(`/prices?${query}`, takePrices);
    } while (last.next);
    for (const account of group) {
      if (account.prices !== "requested") continue;
      account.prices = last.complete ? "loaded" : "failed";
    }
    update();
  }
  isPricing = false;
}

/** @param {Line} line */
function takePrices({ account: name = "", sizes, error }) {
  const account = accounts.get(name);
  if (!account) return;
  if (error !== undefined) account.prices = "failed";
  for (const size of sizes ?? []) {
    // Two sizes with one id: which price holds is unknown.
    account.sizes.set(size.id, account.sizes.has(size.id) ? undefined : size);
  }
}

/**
 * @param {string} name
 * @param {string} provider
 * @param {string} displayName
 * @returns {Account}
 */
function addAccount(name, provider, displayName) {
  /** @type {Account} */
  const account = {
    name,
    provider,
    displayName,
    nodes: 0,
    hasResponded: false,
    prices: "not requested",
    sizes: new Map(),
  };
  accounts.set(name, account);
  return account;
}

/**
 * @param {ListedNode} node
 * @param {Account} account
 * @returns {FleetNode}
 */
function toFleetNode(node, account) {
  const { id, name, publicIps, privateIps, sizeId, locationId, tags } = node;
  const texts = [
    name,
    id,
    account.name,
    ...publicIps,
    ...privateIps,
    sizeId,
    ...Object.entries(tags).map(([key, value]) =>
      value ? `${key}=${value}` : key
    ),
  ];
  return {
    ...node,
    account,
    place: [account.provider, locationId ?? ""].join("/"),
    searched: texts.join("\n").toLowerCase(),
  };
}

/**
 * What a node costs per month.
 *
 * @param {FleetNode} node
 * @returns {Cost}
 */
function costOf({ account, sizeId = "", locationId = "" }) {
  const size = account.sizes.get(sizeId);
  const { locations = {}, currency, monthly } = size ?? {};
  if (Object.hasOwn(locations, locationId)) {
    return locations[locationId] ?? "unknown";
  }
  if (currency !== undefined && monthly !== undefined) {
    return { currency, monthly };
  }
  return account.prices === "requested" ? "loading" : "unknown";
}

// Costs

/**
 * @typedef {{
 *   nodes: number,
 *   unknown: number,
 *   loading: number,
 *   monthly: Map<string, number>,
 * }} Sum
 */

/** @returns {Sum} */
function emptySum() {
  return { nodes: 0, unknown: 0, loading: 0, monthly: new Map() };
}

/**
 * Adds a node. Currencies are not added to each other. Terminated nodes are
 * free; nodes whose price is unknown are counted apart.
 *
 * @param {Sum} sum
 * @param {FleetNode} node
 */
function addTo(sum, node) {
  sum.nodes++;
  if (node.state === "terminated") return;
  const cost = costOf(node);
  if (typeof cost === "string") {
    sum[cost]++;
  } else {
    const before = sum.monthly.get(cost.currency) ?? 0;
    sum.monthly.set(cost.currency, before + cost.monthly);
  }
}

/** @param {Price} price */
function toMoney({ currency, monthly }) {
  try {
    return monthly.toLocaleString("en", { style: "currency", currency });
  } catch {
    // The provider's currency is no code that the browser knows.
    return `${monthly.toFixed(2)} ${currency}`;
  }
}

/** @param {number} count @param {string} noun */
function plural(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

// Showing

let isScheduled = false;
let pauseMs = UPDATE_MS;

/** Shows the state of the page soon, but not for each line. */
function update() {
  if (isScheduled) return;
  isScheduled = true;
  setTimeout(() => {
    isScheduled = false;
    const start = performance.now();
    showProgress();
    showAccounts();
    showOptions();
    showNodes();
    // With many nodes, most of the time is left for reading and for the user.
    pauseMs = Math.max(UPDATE_MS, 3 * (performance.now() - start));
  }, pauseMs);
}

function showProgress() {
  const failed = failedAccounts();
  find("progress").textContent = progressText();
  const bar = /** @type {HTMLProgressElement} */ (find("bar"));
  bar.max = Math.max(1, accounts.size);
  bar.value = end?.complete ? bar.max : responded();
  find("failures").hidden = failed.length === 0;
  find("failures").textContent = `The list is incomplete: ${
    plural(failed.length, "account")
  } failed.`;
  find("cut").hidden = end === undefined || end.complete === true;
  find("cut-reason").textContent = end?.error === undefined
    ? "The list is incomplete: the requests of this part are used up."
    : `The list is incomplete: ${end.error}.`;
  const more = /** @type {HTMLAnchorElement} */ (find("more"));
  more.textContent = end?.next ? "Load the next part" : "Load the list again";
  more.href = end?.next ? `/?${new URLSearchParams({ from: end.next })}` : "/";
}

function responded() {
  return [...accounts.values()].filter((it) => it.hasResponded).length;
}

function progressText() {
  const count = plural(nodes.length, "node");
  if (!end) {
    return `Loading: ${count}, ${responded()} of ${accounts.size} accounts`;
  }
  const isComplete = end.complete && failedAccounts().length === 0;
  if (isComplete && firstFrom) return `Rest of the list: ${count}`;
  const of = `${count} of ${plural(accounts.size, "account")}`;
  return `${isComplete ? "Complete" : "Incomplete"}: ${of}`;
}

function failedAccounts() {
  return [...accounts.values()].filter(({ error }) => error !== undefined);
}

function showAccounts() {
  const list = [...accounts.values()].sort((one, other) =>
    Number(other.error !== undefined) - Number(one.error !== undefined)
  );
  find("accounts").replaceChildren(...list.map((account) => {
    const { displayName, name, error } = account;
    return element("li", { class: error === undefined ? "" : "failed" }, [
      dotOf(account.provider),
      element("span", { class: "name" }, [name]),
      element("span", { class: "about" }, [
        [displayName, statusOf(account)].join(" · "),
      ]),
      ...error === undefined
        ? []
        : [element("span", { class: "about" }, [error])],
    ]);
  }));
}

/** @param {Account} account */
function statusOf({ nodes, hasResponded, error, prices }) {
  if (error !== undefined && nodes === 0) return "failed";
  if (error !== undefined) return `failed after ${plural(nodes, "node")}`;
  if (!hasResponded && !end) return "loading …";
  if (!hasResponded) {
    return end?.next || firstFrom ? "in another part" : "no response";
  }
  const note = prices === "failed" ? ", prices could not be loaded" : "";
  return plural(nodes, "node") + note;
}

/** Offers the values that nodes have, and keeps the choices. */
function showOptions() {
  /** @param {(node: FleetNode) => [string, string]} pair */
  const pairs = (pair) => [...new Map(nodes.map(pair))];
  offer(
    "provider",
    pairs(({ account }) => [account.provider, account.displayName]),
  );
  offer("account", pairs(({ account: { name } }) => [name, name]));
  offer("state", pairs(({ state }) => [state, state]));
  offer(
    "location",
    pairs((
      { account, place, locationId = "unknown" },
    ) => [place, `${locationId} (${account.displayName})`]),
  );
}

/** @param {string} id @param {[value: string, text: string][]} pairs */
function offer(id, pairs) {
  const select = /** @type {HTMLSelectElement} */ (find(id));
  // Options that are replaced would close an open list.
  if (select.options.length === pairs.length + 1) return;
  const { value } = select;
  pairs.sort(([, one], [, other]) => one.localeCompare(other));
  select.replaceChildren(
    ...[["", "All"], ...pairs].map(([value = "", text = ""]) =>
      new Option(text, value)
    ),
  );
  select.value = value;
}

/** @param {string} id */
function choiceOf(id) {
  return /** @type {HTMLInputElement | HTMLSelectElement} */ (find(id)).value;
}

/** The nodes that the filters choose. */
function chosenNodes() {
  const words = choiceOf("search").toLowerCase().split(/\s+/).filter(Boolean);
  const [provider, account, state, place] = [
    "provider",
    "account",
    "state",
    "location",
  ]
    .map(choiceOf);
  return nodes.filter((node) =>
    (!provider || node.account.provider === provider) &&
    (!account || node.account.name === account) &&
    (!state || node.state === state) &&
    (!place || node.place === place) &&
    words.every((word) => node.searched.includes(word))
  );
}

function showNodes() {
  const chosen = chosenNodes();
  showTotals(chosen);
  showCosts(chosen);
  const rows = sorted(chosen).slice(0, rowLimit).map(toRow);
  if (rows.length === 0 && end) {
    const text = nodes.length > 0
      ? "No node matches the filters."
      : "There are no nodes.";
    rows.push(element("tr", {}, [element("td", { colspan: "7" }, [text])]));
  }
  find("rows").replaceChildren(...rows);
  find("shown").textContent = shownText(chosen.length);
  const hidden = chosen.length - rowLimit;
  find("rest").hidden = hidden <= 0;
  find("rest").textContent = `Show ${Math.min(hidden, ROWS)} more of ${
    plural(hidden, "node")
  }`;
}

/** @param {number} count */
function shownText(count) {
  return `${count.toLocaleString("en")} of ${plural(nodes.length, "node")}`;
}

/** @param {FleetNode[]} list */
function sorted(list) {
  if (!sorting) return list;
  const { by, isDescending } = sorting;
  const { compare } = new Intl.Collator("en", { numeric: true });
  const keyed = list.map((node) => ({ node, key: sortKey(node, by) }));
  keyed.sort(({ key: one }, { key: other }) => {
    const order = compare(one.text, other.text) || one.number - other.number;
    return isDescending ? -order : order;
  });
  return keyed.map(({ node }) => node);
}

/**
 * What to sort a node by. Costs are sorted by currency first.
 *
 * @param {FleetNode} node
 * @param {string} by
 * @returns {{ text: string, number: number }}
 */
function sortKey(node, by) {
  const { account, name, place, sizeId = "", state } = node;
  if (by === "cost") {
    const cost = costOf(node);
    if (typeof cost === "string") return { text: "", number: 0 };
    return { text: cost.currency, number: cost.monthly };
  }
  /** @type {Record<string, string>} */
  const texts = {
    account: account.name,
    location: place,
    name,
    size: sizeId,
    state,
  };
  return { text: texts[by] ?? "", number: 0 };
}

/** @param {FleetNode} node */
function toRow(node) {
  const {
    account,
    name,
    id,
    state,
    sizeId = "",
    locationId = "",
    publicIps,
    privateIps,
  } = node;
  const address = publicIps[0] ?? privateIps[0] ?? "";
  // On a phone, these lines replace the columns that do not fit.
  const place = [account.name, locationId].filter(Boolean).join(" · ");
  const details = [place, sizeId, address].filter(Boolean);
  const cost = costOf(node);
  const isKnown = typeof cost !== "string";
  return element("tr", {}, [
    element("th", { scope: "row", title: id }, [
      name || id,
      ...details.map((text) => element("span", { class: "detail" }, [text])),
    ]),
    element("td", { class: "extra" }, [dotOf(account.provider), account.name]),
    element("td", {}, [
      element("span", { class: `state ${LOOKS[state] ?? ""}` }, [state]),
    ]),
    element("td", { class: "extra" }, [locationId]),
    element("td", { class: "extra" }, [sizeId]),
    element("td", { class: "extra" }, [address]),
    element("td", { class: isKnown ? "number" : "number quiet" }, [
      isKnown ? toMoney(cost) : cost === "loading" ? "…" : "unknown",
    ]),
  ]);
}

/** @param {FleetNode[]} chosen */
function showTotals(chosen) {
  const sum = emptySum();
  for (const node of chosen) addTo(sum, node);
  const running = chosen.filter(({ state }) => state === "running").length;
  const totals = [
    ["Nodes", chosen.length.toLocaleString("en")],
    ["Running", running.toLocaleString("en")],
    ...[...sum.monthly].sort().map((
      [currency, monthly],
    ) => [`Per month in ${currency}`, toMoney({ currency, monthly })]),
    sum.loading > 0
      ? ["Prices loading", plural(sum.loading, "node")]
      : ["Price unknown", plural(sum.unknown, "node")],
  ];
  find("totals").replaceChildren(
    ...totals.map(([term = "", value = ""]) =>
      element("div", {}, [
        element("dt", {}, [term]),
        element("dd", {}, [value]),
      ])
    ),
  );
}

/**
 * @typedef {{ account: Account, place: string, sum: Sum }} Group
 *   Nodes of a provider in a location, and one of their accounts.
 */

/**
 * Shows a chart for each currency, and the nodes whose price is unknown.
 *
 * @param {FleetNode[]} chosen
 */
function showCosts(chosen) {
  const places = groupsOf(chosen, ({ place }) => place);
  const currencies = new Set(
    places.flatMap(({ sum }) => [...sum.monthly.keys()]),
  );
  const cards = [...currencies].sort().map((it) => toChart(it, places));
  const unpriced = groupsOf(chosen, ({ account }) => account.provider)
    .filter(({ sum }) => sum.unknown > 0);
  if (unpriced.length > 0) {
    const rows = unpriced.map(({ account, sum }) =>
      toBar(account, "", plural(sum.unknown, "node"))
    );
    cards.push(toCard("Price unknown", rows));
  }
  find("costs").replaceChildren(...cards);
}

/**
 * @param {FleetNode[]} chosen
 * @param {(node: FleetNode) => string} keyOf
 * @returns {Group[]}
 */
function groupsOf(chosen, keyOf) {
  /** @type {Map<string, Group>} */
  const groups = new Map();
  for (const node of chosen) {
    const { account, locationId = "unknown" } = node;
    const key = keyOf(node);
    const group = groups.get(key) ??
      { account, place: locationId, sum: emptySum() };
    groups.set(key, group);
    addTo(group.sum, node);
  }
  return [...groups.values()];
}

/**
 * Creates a chart: a table with a bar in each row.
 *
 * @param {string} currency
 * @param {Group[]} places
 */
function toChart(currency, places) {
  const priced = places.flatMap(({ account, place, sum }) => {
    const monthly = sum.monthly.get(currency);
    return monthly === undefined ? [] : [{ account, place, monthly }];
  }).sort((one, other) => other.monthly - one.monthly);
  const most = priced[0]?.monthly ?? 0;
  const rows = priced.slice(0, BARS).map(({ account, place, monthly }) => {
    const part = most > 0 ? monthly / most : 0;
    return toBar(account, place, toMoney({ currency, monthly }), part);
  });
  const rest = priced.slice(BARS);
  if (rest.length > 0) {
    const monthly = rest.reduce((sum, it) => sum + it.monthly, 0);
    rows.push(element("tr", {}, [
      element("th", { scope: "row" }, [
        plural(rest.length, "further location"),
      ]),
      element("td", { class: "number" }, [toMoney({ currency, monthly })]),
    ]));
  }
  return toCard(`By provider and location, in ${currency}`, rows);
}

/**
 * Creates the row of a chart. The text says the same as the bar.
 *
 * @param {Account} account
 * @param {string} place
 * @param {string} text
 * @param {number} [part] Length of the bar, from 0 to 1.
 */
function toBar({ provider, displayName }, place, text, part) {
  const label = element("th", { scope: "row" }, [
    dotOf(provider),
    ...place ? [`${place} `] : [],
    element("span", { class: "quiet" }, [displayName]),
  ]);
  if (part !== undefined) {
    const bar = element("span", { class: `bar ${seriesOf(provider)}` }, []);
    bar.style.inlineSize = `${100 * part}%`;
    label.append(bar);
  }
  return element("tr", {}, [
    label,
    element("td", { class: "number" }, [text]),
  ]);
}

/** @param {string} title @param {HTMLElement[]} rows */
function toCard(title, rows) {
  return element("div", { class: "card" }, [
    element("table", {}, [element("caption", {}, [title]), ...rows]),
  ]);
}

/** @param {string} provider */
function seriesOf(provider) {
  return `provider-${Math.max(0, providers.indexOf(provider)) % 8}`;
}

/** @param {string} provider */
function dotOf(provider) {
  return element("span", { class: `dot ${seriesOf(provider)}` }, []);
}

/**
 * Creates an element. Strings become text.
 *
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, string>} attributes
 * @param {(Node | string)[]} children
 */
function element(name, attributes, children) {
  const created = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    created.setAttribute(attribute, value);
  }
  created.append(...children);
  return created;
}

/** @param {string} id @returns {HTMLElement} */
function find(id) {
  const found = document.getElementById(id);
  if (!found) throw new TypeError(`the page has no element ${id}`);
  return found;
}

/** Tells people who use a screen reader. @param {string} text */
function announce(text) {
  find("live").textContent = text;
}

// Events

/** Shows the choice at once; a screen reader hears how many nodes match. */
function filter() {
  rowLimit = ROWS;
  showNodes();
  announce(find("shown").textContent ?? "");
}

find("filters").addEventListener("input", filter);
find("filters").addEventListener("submit", (event) => event.preventDefault());
// The fields are empty only after the event.
find("filters").addEventListener("reset", () => setTimeout(filter));

find("rest").addEventListener("click", () => {
  rowLimit += ROWS;
  showNodes();
});

find("more").addEventListener("click", (event) => {
  // A click with a key opens the next part alone, in a tab of its own.
  if (!end?.next || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  void loadNodes(end.next);
  // The link disappears.
  find("progress").focus();
});

for (const button of document.querySelectorAll("[data-sort]")) {
  button.addEventListener("click", () => {
    const by = button.getAttribute("data-sort") ?? "";
    const isDescending = sorting?.by === by && !sorting.isDescending;
    sorting = { by, isDescending };
    for (const heading of document.querySelectorAll("[aria-sort]")) {
      heading.removeAttribute("aria-sort");
    }
    button.closest("th")?.setAttribute(
      "aria-sort",
      isDescending ? "descending" : "ascending",
    );
    showNodes();
  });
}

find("simulated").hidden = !settings.isSimulated;
find("part").hidden = firstFrom === null;
void loadNodes(firstFrom);
