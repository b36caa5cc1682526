/**
 * `nephos dns`: zones and their records.
 *
 * @module
 */

import type {
  Command,
  OptionValues,
} from "npm:@commander-js/extra-typings@15.1.0";
import { NotFoundError } from "../../core/errors.ts";
import { joinFew, oneLine } from "../../core/message.ts";
import type { DnsDriver } from "../../core/dns/driver.ts";
import type { PlanOptions, ZonePlan } from "../../core/dns/plan_records.ts";
import type {
  RecordData,
  RecordSet,
  RecordSetChange,
  RecordSetInput,
  RecordType,
  Zone,
  ZoneRef,
} from "../../core/dns/records.ts";
import type { ChangeOptions, Context, Open } from "../context.ts";
import { CommandError, ExitCode, usageError } from "../errors.ts";
import { readText } from "../files.ts";
import { RECORD_CHANGE, RECORD_SET, ZONE } from "../kinds.ts";
import { toShare, withList, withYes } from "../options.ts";
import { checkSelection, select } from "../output.ts";
import { group, type Program } from "../root.ts";

/** Options of commands that compare a zone with record sets that are wanted. */
interface WishOptions {
  readonly prune?: true | undefined;
  readonly adapt?: true | undefined;
}

/** Options of commands that change a zone. */
interface SyncOptions extends ChangeOptions {
  readonly maxDeletedShare?: number | undefined;
}

/** Adds the commands for zones and their records. */
export function addDns(program: Program, open: Open): void {
  const dns = group(program, "dns", "manage zones and their records");
  withList(dns.command("zones"))
    .description("list the zones of an account")
    .action(async (_, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      await context.list(
        ZONE,
        options,
        async () => (await context.dns()).listZones(context.call),
      );
    });
  withList(dns.command("records"))
    .description("list the record sets of a zone")
    .argument("<zone>", "name or id of the zone")
    .option("--name <name>", "name in the zone, such as www; @ is the zone")
    .option("--type <type>", "type of the records, such as MX", toType)
    .action(async (ref, _, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      checkSelection(RECORD_SET, options);
      const { name, type } = options;
      const driver = await context.dns();
      const sets: readonly RecordSet[] = await driver.listRecordSets(
        toZone(ref),
        { ...context.call, name, type },
      );
      const isForPeople = options.output === "table";
      const rows = isForPeople ? await Promise.all(sets.map(toRow)) : sets;
      await context.show(
        RECORD_SET,
        select(RECORD_SET, rows, options),
        options,
      );
    });
  dns.command("export")
    .description("print a zone as a zone file")
    .argument("<zone>", "name or id of the zone")
    .action(async (ref, _, command) => {
      const context = open(command.optsWithGlobals());
      const driver = await context.dns();
      const zone = await driver.getZone(toZone(ref), context.call);
      const sets = await driver.listRecordSets(zone, context.call);
      const portable = await withoutSpecial(context, driver, sets);
      context.surroundings.stdout.write(await toFile(zone, portable));
    });
  withSync(withWishes(dns.command("import")))
    .description("add the records of a zone file; creates the zone if needed")
    .argument("<zone>", "name of the zone")
    .argument("<file>", "zone file")
    .action(async (name, file, _, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      const desired = await readZoneFile(context, file, name);
      const driver = await context.dns();
      const zone = await findOrCreate(context, options, driver, name);
      if (zone === undefined) return;
      const plan = await makePlan(context, options, driver, zone, desired);
      await apply(context, options, driver, plan);
    });
  withWishes(dns.command("plan"))
    .description("show what a zone lacks of a zone file; changes nothing")
    .argument("<zone>", "name or id of the zone")
    .argument("<file>", "zone file")
    .action(async (ref, file, _, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      const driver = await context.dns();
      const plan = await planFile(context, options, driver, ref, file);
      await showPlan(context, plan);
    });
  withSync(withWishes(dns.command("sync")))
    .description("change a zone so that it has the records of a zone file")
    .argument("<zone>", "name or id of the zone")
    .argument("<file>", "zone file")
    .action(async (ref, file, _, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      const driver = await context.dns();
      const plan = await planFile(context, options, driver, ref, file);
      await apply(context, options, driver, plan);
    });
  withSync(dns.command("apply"))
    .description('make the changes of a plan, from "nephos dns plan -o json"')
    .argument("<file>", "file with the plan")
    .action(async (file, _, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      const plan = await readPlan(context, file);
      await apply(context, options, await context.dns(), plan);
    });
  withSync(withWishes(dns.command("copy")))
    .description("copy the records of a zone to another account")
    .argument("<zone>", "name or id of the zone")
    .option("--to-provider <id>", "provider of the other account")
    .option("--to-profile <name>", "profile of the other account")
    .option("--to-zone <name>", "name of the other zone; the same by default")
    .action(async (ref, _, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      const target = await connectTarget(context, options);
      const driver = await context.dns();
      const original = await driver.getZone(toZone(ref), context.call);
      const sets = await driver.listRecordSets(original, context.call);
      const portable = await withoutSpecial(context, driver, sets);
      const desired = portable.map((set) => withTtl(set, original.ttl));
      const name = options.toZone ?? original.name;
      const zone = await findOrCreate(context, options, target, name);
      if (zone === undefined) return;
      const plan = await makePlan(context, options, target, zone, desired);
      await apply(context, options, target, plan);
      if (options.dryRun) return;
      const rest = await makePlan(context, options, target, zone, desired);
      if (rest.changes.length === 0) return;
      throw new CommandError(
        ExitCode.MAY_BE_APPLIED,
        `the copy differs from the original: ${describe(rest)}`,
        "look whether another program changes the zone, and copy it again",
      );
    });
}

/** Adds the options of commands that compare a zone with what is wanted. */
function withWishes<
  A extends unknown[],
  O extends OptionValues,
  G extends OptionValues,
>(command: Command<A, O, G>) {
  return command
    .option("--prune", "delete record sets that are not in the source")
    .option(
      "--adapt",
      "use the nearest TTL if the provider does not accept one",
    );
}

/** Adds the options of commands that change a zone. */
function withSync<
  A extends unknown[],
  O extends OptionValues,
  G extends OptionValues,
>(command: Command<A, O, G>) {
  return withYes(command).option(
    "--max-deleted-share <part>",
    "largest part of the record sets to delete, such as 50%; 30% by default",
    toShare,
  );
}

function toType(value: string): RecordType {
  return value.toUpperCase() as RecordType;
}

/** A name has a dot, and an id may be anything. */
function toZone(ref: string): ZoneRef {
  return /[^.]\.[^.]/.test(ref) ? { name: ref } : ref;
}

/** A record set as people read it. */
async function toRow(set: RecordSet): Promise<object> {
  return { ...set, data: (await toTexts(set)).join(", ") };
}

/** The values, as in a zone file. */
async function toTexts({ type, data }: RecordSetInput): Promise<string[]> {
  const { formatRecordData } = await import("../../core/dns/rdata.ts");
  return (data as readonly RecordData[]).map((value) => {
    try {
      return formatRecordData(type, value);
    } catch {
      // Only the provider knows this type, or this form of it.
      return typeof value === "string" ? value : JSON.stringify(value);
    }
  });
}

async function toFile(
  { name: origin, ttl }: Zone,
  recordSets: readonly RecordSet[],
): Promise<string> {
  const { formatZoneFile } = await import("../../core/dns/zone_file.ts");
  return formatZoneFile({ origin, ttl, recordSets });
}

/** Leaves out record sets that only their provider has, and names them. */
async function withoutSpecial(
  context: Context,
  driver: DnsDriver,
  sets: readonly RecordSet[],
): Promise<RecordSet[]> {
  const { isPortable } = await import("../../core/dns/plan.ts");
  const isCommon = (set: RecordSet) => isPortable(set) && driver.isPlain(set);
  const special = sets.filter((set) => !isCommon(set));
  if (special.length > 0) {
    const names = joinFew(
      special.map(({ name, type }) => oneLine(`${name} ${type}`)),
    );
    context.note(`left out, because only the provider has them: ${names}`);
  }
  return sets.filter(isCommon);
}

/** A record set with the TTL that it has by its zone. */
function withTtl(
  { name, type, ttl, data }: RecordSet,
  zoneTtl: number | undefined,
): RecordSetInput {
  return { name, type, ttl: ttl ?? zoneTtl, data } as RecordSetInput;
}

async function readZoneFile(
  { surroundings }: Context,
  file: string,
  origin: string,
): Promise<readonly RecordSetInput[]> {
  const text = await readText(surroundings, file);
  const { parseZoneFile, ZoneFileError } = await import(
    "../../core/dns/zone_file.ts"
  );
  try {
    return parseZoneFile(text, { origin }).recordSets;
  } catch (error) {
    if (!(error instanceof ZoneFileError)) throw error;
    // "parseZoneFile: line 3: …"
    throw usageError(
      `${file}: ${error.message.replace(/^\w+: /, "")}`,
      "correct the file, or check the name of the zone",
    );
  }
}

async function planFile(
  context: Context,
  options: WishOptions,
  driver: DnsDriver,
  ref: string,
  file: string,
): Promise<ZonePlan> {
  const zone = await driver.getZone(toZone(ref), context.call);
  const desired = await readZoneFile(context, file, zone.name);
  return await makePlan(context, options, driver, zone, desired);
}

async function makePlan(
  { call }: Context,
  { prune: prunes, adapt }: WishOptions,
  driver: DnsDriver,
  zone: Zone,
  desired: readonly RecordSetInput[],
): Promise<ZonePlan> {
  const { planZone } = await import("../../core/dns/plan.ts");
  const options: PlanOptions = {
    ...call,
    prunes,
    onMisfit: adapt ? "adapt" : "refuse",
  };
  return await planZone(driver, zone, desired, options);
}

async function readPlan(
  { surroundings }: Context,
  file: string,
): Promise<ZonePlan> {
  const text = await readText(surroundings, file);
  try {
    return JSON.parse(text);
  } catch {
    throw usageError(
      `${file} is not JSON`,
      'write it with "nephos dns plan <zone> <file> -o json"',
    );
  }
}

/** Finds the zone with a name; creates it if it does not exist. */
async function findOrCreate(
  context: Context,
  options: ChangeOptions,
  driver: DnsDriver,
  name: string,
): Promise<Zone | undefined> {
  const wanted = name.replace(/\.$/, "").toLowerCase();
  try {
    return await driver.getZone({ name: wanted }, context.call);
  } catch (error) {
    if (!NotFoundError.is(error)) throw error;
  }
  const created = await context.change(
    options,
    `create the zone ${wanted} at ${driver.displayName}`,
    (call) => driver.createZone({ ...call, name: wanted }),
  );
  if (created) context.note(`created the zone ${wanted}`);
  return created?.value;
}

async function connectTarget(
  context: Context,
  { toProvider, toProfile }: {
    readonly toProvider?: string | undefined;
    readonly toProfile?: string | undefined;
  },
): Promise<DnsDriver> {
  if ((toProvider === undefined) === (toProfile === undefined)) {
    throw usageError(
      toProvider === undefined
        ? "the other account is missing"
        : "--to-provider and --to-profile cannot be combined",
      "add one --to-provider or --to-profile",
    );
  }
  return await context.dnsOf(
    toProvider !== undefined
      ? { provider: toProvider }
      : { profile: toProfile as string },
  );
}

/** Shows a plan: as a table for people, or whole for "nephos dns apply". */
async function showPlan(context: Context, plan: ZonePlan): Promise<void> {
  const { output } = context.options;
  if (output === "json" || output === "yaml") {
    await context.show(RECORD_CHANGE, plan);
    return;
  }
  await showChanges(context, plan);
  context.note(describe(plan));
}

async function showChanges(
  context: Context,
  { changes }: ZonePlan,
): Promise<void> {
  if (changes.length === 0) return;
  const rows = await Promise.all(changes.map(toChangeRow));
  await context.show(RECORD_CHANGE, rows);
}

async function toChangeRow(change: RecordSetChange): Promise<object> {
  const { action } = change;
  const before = action === "create" ? undefined : change.before;
  const after = action === "delete" ? undefined : change.after;
  const { name, type } = (after ?? before)!;
  const toText = async (set: object | undefined) =>
    set && "data" in set
      ? [
        (set as RecordSetInput).ttl,
        (await toTexts(set as RecordSetInput)).join(", "),
      ].join(" ").trim()
      : undefined;
  return {
    action,
    name,
    type,
    before: await toText(before),
    after: await toText(after),
  };
}

/** Describes a plan: `2 changes (1 create, 1 delete); 5 record sets stay`. */
function describe({ zone, changes, unchanged }: ZonePlan): string {
  const stay = `${countOf(unchanged, "record set")} of ${zone.name} ${
    unchanged === 1 ? "stays" : "stay"
  }`;
  if (changes.length === 0) return `nothing to change; ${stay}`;
  const parts = (["create", "replace", "delete"] as const).flatMap((action) => {
    const { length } = changes.filter((change) => change.action === action);
    return length > 0 ? [`${length} ${action}`] : [];
  });
  return `${countOf(changes.length, "change")} (${parts.join(", ")}); ${stay}`;
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Makes the changes of a plan, after the user has confirmed deletions. */
async function apply(
  context: Context,
  options: SyncOptions,
  driver: DnsDriver,
  plan: ZonePlan,
): Promise<void> {
  const { applyPlan, checkDeletions, checkPlan } = await import(
    "../../core/dns/plan.ts"
  );
  const { maxDeletedShare } = options;
  checkPlan(driver, plan, "apply");
  try {
    checkDeletions(plan, { maxDeletedShare });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // "checkDeletions: 4 of 10 record sets would be deleted; maxDeletedShare …"
    const [, problem = ""] = /^\w+: (.*?);/.exec(error.message) ?? [];
    throw usageError(
      `${problem}, which is more than ${toPercent(maxDeletedShare ?? 0.3)}`,
      "add for example --max-deleted-share 100% if this is right",
    );
  }
  const isTable = context.options.output === "table";
  if (plan.changes.length === 0) {
    context.note(describe(plan));
    return;
  }
  if (options.dryRun && isTable) await showChanges(context, plan);
  await confirmDeletions(context, options, driver, plan);
  const start = performance.now();
  const made = await context.change(
    options,
    `make ${countOf(plan.changes.length, "change")} in ${plan.zone.name} at ` +
      driver.displayName,
    (call) =>
      context.follow(async (progress) => {
        try {
          return await applyPlan(driver, plan, {
            ...call,
            maxDeletedShare,
            onProgress: (done, left) =>
              done.length > 0 &&
              progress.changes(
                done.length,
                left.length,
                performance.now() - start,
              ),
          });
        } catch (error) {
          throw await explain(error);
        }
      }),
  );
  if (made) await showChanges(context, plan);
}

function toPercent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}

async function confirmDeletions(
  context: Context,
  options: ChangeOptions,
  { displayName }: DnsDriver,
  { zone, changes }: ZonePlan,
): Promise<void> {
  const names = changes.flatMap((change) =>
    change.action === "delete"
      ? [oneLine(`${change.before.name} ${change.before.type}`)]
      : []
  );
  if (names.length === 0) return;
  await context.confirm(
    options,
    `${
      countOf(names.length, "record set")
    } of ${zone.name} at ${displayName} ` +
      `will be deleted: ${joinFew(names, 10)}`,
  );
}

/** Says what to do if changes could not be made, or only a part of them. */
async function explain(error: unknown): Promise<unknown> {
  const { StalePlanError } = await import("../../core/dns/plan.ts");
  const { changesOf } = await import("../../core/dns/errors.ts");
  if (StalePlanError.is(error)) {
    return new CommandError(
      ExitCode.FAILED,
      error.message,
      'run "nephos dns plan" again',
      error,
    );
  }
  const { done = [] } = changesOf(error) ?? {};
  if (done.length === 0) return error;
  return new CommandError(
    ExitCode.MAY_BE_APPLIED,
    (error as Error).message,
    "run the command again: it makes only the changes that are left",
    error,
  );
}
