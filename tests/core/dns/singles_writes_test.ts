import { assertEquals } from "@std/assert";
import { JsonResponse, Listing, TokenConnection } from "../../../core/mod.ts";
import {
  type RecordSetInput,
  type RecordWrites,
  type SingleRecord,
  type SingleRecordInput,
  SinglesDnsDriver,
  type SinglesRecordSet,
  type Zone,
  type ZoneTarget,
} from "../../../core/dns/mod.ts";

type Extra = { readonly colour: string };
type ColourSet = SinglesRecordSet<Extra> & {
  readonly extra: { readonly colours: readonly string[] };
};

class Colours extends TokenConnection {
  override readonly provider = "colours";
  protected override readonly responseClass = JsonResponse;
}

/** A driver whose records have a colour, an option that no other provider has. */
class ColourDriver extends SinglesDnsDriver<Zone, Extra, ColourSet> {
  override readonly provider = "colours";
  override readonly connection = new Colours("https://colours.test", {
    token: "t",
  });
  readonly created: SingleRecordInput<Extra>[] = [];
  readonly writes: RecordWrites<Extra>[] = [];
  constructor(readonly records: readonly SingleRecord<Extra>[]) {
    super();
  }

  override listZones(): Listing<Zone> {
    return Listing.of([]);
  }
  override createZone(): Promise<Zone> {
    throw new TypeError("not needed");
  }
  protected override readZone(): Promise<Zone> {
    throw new TypeError("not needed");
  }
  protected override removeZone(): Promise<void> {
    throw new TypeError("not needed");
  }
  protected override fitRecordSet(
    _operation: string,
    set: RecordSetInput,
    { colour }: Partial<Extra>,
  ): RecordSetInput {
    return { ...set, ...colour && { extra: { colour } } } as RecordSetInput;
  }
  protected override listRecords(): Listing<SingleRecord<Extra>> {
    return Listing.of(this.records);
  }
  protected override createRecord(
    _operation: string,
    _zone: ZoneTarget,
    record: SingleRecordInput<Extra>,
  ): Promise<void> {
    this.created.push(record);
    return Promise.resolve();
  }
  protected override updateRecord(): Promise<void> {
    throw new TypeError("not needed");
  }
  protected override deleteRecord(): Promise<void> {
    throw new TypeError("not needed");
  }
  protected override isAsWanted(
    record: SingleRecord<Extra>,
    wanted: SingleRecordInput<Extra>,
  ): boolean {
    const { colour = record.extra.colour } = wanted.extra ?? {};
    return record.extra.colour === colour && super.isAsWanted(record, wanted);
  }
  protected override completeRecord(
    record: SingleRecordInput<Extra>,
    others: readonly SingleRecord<Extra>[],
  ): SingleRecordInput<Extra> {
    const colour = record.extra?.colour ?? others[0]?.extra.colour ?? "white";
    return { ...record, extra: { colour } };
  }
  protected override toSet(set: SinglesRecordSet<Extra>): ColourSet {
    const { records } = set.extra;
    const colours = records.map(({ extra }) => extra.colour);
    return { ...set, extra: { records, colours } } as ColourSet;
  }
  protected override writeRecords(
    _operation: string,
    _zone: ZoneTarget,
    writes: readonly RecordWrites<Extra>[],
  ): Promise<void> {
    this.writes.push(...writes);
    return Promise.resolve();
  }
}

const ZONE = { id: "1", name: "example.com" };
const A = { name: "a", type: "A", ttl: 60 } as const;

function record(id: string, data: string, colour: string) {
  return { id, ...A, data, extra: { colour } };
}

/** What a driver would write, without the change itself. */
function written({ writes }: ColourDriver) {
  return writes.map(({ updates, creations, deletions }) => ({
    updates: updates.map(([{ id }, { data, extra }]) => [id, data, extra]),
    creations: creations.map(({ data, extra }) => [data, extra]),
    deletions: deletions.map(({ id }) => id),
  }));
}

Deno.test("SinglesDnsDriver passes options of the provider on, and compares them", async () => {
  const dns = new ColourDriver([
    record("1", "192.0.2.1", "red"),
    record("2", "192.0.2.2", "blue"),
    record("3", "192.0.2.3", "red"),
  ]);
  const set = (data: readonly string[], extra?: Partial<Extra>) =>
    dns.setRecordSet(ZONE, { ...A, data, ...extra && { extra } });
  const [one, two, three, four] = [1, 2, 3, 4].map((it) => `192.0.2.${it}`);
  await set([one!, two!, three!, four!]);
  await set([one!, two!, three!], { colour: "blue" });
  await set([four!]);
  assertEquals<unknown>(written(dns), [
    { updates: [], creations: [[four, { colour: "red" }]], deletions: [] },
    {
      updates: [
        ["1", one, { colour: "blue" }],
        ["3", three, { colour: "blue" }],
      ],
      creations: [],
      deletions: [],
    },
    { updates: [["1", four, undefined]], creations: [], deletions: ["2", "3"] },
  ]);
});

Deno.test("SinglesDnsDriver completes the records that addRecord() creates", async () => {
  const dns = new ColourDriver([record("1", "192.0.2.1", "red")]);
  const data = ["192.0.2.1", "192.0.2.2"];
  await dns.addRecord(ZONE, { ...A, data });
  const green = { ...A, data, extra: { colour: "green" } };
  await dns.addRecord(ZONE, green);
  assertEquals(
    dns.created.map(({ data, extra }) => [data, extra?.colour]),
    [["192.0.2.2", "red"], ["192.0.2.2", "green"]],
  );
  const [set] = await dns.listRecordSets(ZONE);
  assertEquals(set?.extra.colours, ["red"]);
  // What another provider has in `extra` is not an option here.
  const foreign = { ...A, data, extra: { records: [] } } as RecordSetInput;
  assertEquals(dns.normalizeRecordSet(foreign), { ...A, data });
  assertEquals<unknown>(dns.normalizeRecordSet(green), green);
});
