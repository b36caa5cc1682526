import { assertEquals, assertThrows } from "@std/assert";
import { type AwsModel, heldTo, queryName, readXml } from "./aws_model.ts";

const model: AwsModel = {
  metadata: { apiVersion: "2016-11-15", xmlNamespace: "http://x/2016-11-15" },
  operations: {
    ListThings: { input: { shape: "Asked" }, output: { shape: "Told" } },
    DropThing: { input: { shape: "Dropped" } },
  },
  shapes: {
    Asked: {
      type: "structure",
      members: {
        Names: { shape: "Names", locationName: "name" },
        Filters: { shape: "Filters", locationName: "Filter" },
        Addresses: {
          shape: "Names",
          locationName: "addressesSet",
          queryName: "Addresses",
        },
        MaxResults: { shape: "Count", locationName: "maxResults" },
        Since: { shape: "Time" },
        Data: { shape: "Blob" },
        Kind: { shape: "Kind" },
        Place: { shape: "Place", locationName: "place" },
      },
    },
    Dropped: {
      type: "structure",
      required: ["Id"],
      members: {
        Id: { shape: "Text", locationName: "thingId" },
        DryRun: { shape: "Flag", locationName: "dryRun" },
      },
    },
    Names: { type: "list", member: { shape: "Text", locationName: "item" } },
    Filters: {
      type: "list",
      max: 2,
      member: { shape: "Filter", locationName: "Filter" },
    },
    Filter: {
      type: "structure",
      members: {
        Name: { shape: "Text" },
        Values: { shape: "Names", locationName: "Value" },
      },
    },
    Place: {
      type: "structure",
      required: ["Zone"],
      members: { Zone: { shape: "Text", locationName: "zone" } },
    },
    Told: {
      type: "structure",
      members: {
        Things: { shape: "Things", locationName: "thingSet" },
        NextToken: { shape: "Text", locationName: "nextToken" },
      },
    },
    Things: { type: "list", member: { shape: "Thing", locationName: "item" } },
    Thing: {
      type: "structure",
      members: {
        Id: { shape: "Text", locationName: "thingId" },
        Size: { shape: "Count", locationName: "size" },
        Price: { shape: "Price", locationName: "price" },
        IsNew: { shape: "Flag", locationName: "isNew" },
        Since: { shape: "Time", locationName: "since" },
        Kind: { shape: "Kind", locationName: "kind" },
        Place: { shape: "Place", locationName: "place" },
      },
    },
    Text: { type: "string" },
    Kind: { type: "string", enum: ["big", "small"] },
    Count: { type: "integer", min: 5, max: 10 },
    Price: { type: "double" },
    Flag: { type: "boolean" },
    Time: { type: "timestamp" },
    Blob: { type: "blob" },
  },
};

const DONE =
  '<DropThingResponse xmlns="http://x/2016-11-15/"><requestId>r</requestId><return>true</return></DropThingResponse>';

const told = (things: string, attributes = ' xmlns="http://x/2016-11-15/"') =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<ListThingsResponse${attributes}>\n  <requestId>r</requestId>\n  ${things}\n</ListThingsResponse>`;

/** Sends a form whose answer is given, and returns the faults. */
async function faultsOf(form: string, xml: string, method = "POST") {
  const held = heldTo(model, () => Promise.resolve(new Response(xml)));
  const url = "https://example.com/";
  await held.fetch(
    method === "GET"
      ? new Request(`${url}?${form}`)
      : new Request(url, { method, body: form }),
  );
  return held.faults;
}

const asked = (form: string) =>
  faultsOf(`Action=ListThings&Version=2016-11-15&${form}`, told(""));

const answered = (things: string) =>
  faultsOf("Action=ListThings&Version=2016-11-15", told(things));

Deno.test("queryName() takes the name for requests, else that of the wire with a capital, else the member's", () => {
  assertEquals(queryName("A", { shape: "" }), "A");
  assertEquals(queryName("A", { shape: "", locationName: "bSet" }), "BSet");
  assertEquals(
    queryName("A", { shape: "", locationName: "b", queryName: "c" }),
    "c",
  );
});

Deno.test("heldTo() finds nothing in requests and answers that fit", async () => {
  const rich =
    "Name.1=a&Name.2=b&Filter.1.Name=n&Filter.1.Value.1=v&Addresses.1=x&MaxResults=5&Since=2024-03-05T09%3A12%3A30.000Z&Data=aGk%3D&Kind=big&Place.Zone=z";
  assertEquals(await asked(rich), []);
  assertEquals(
    await faultsOf(
      `Action=ListThings&Version=2016-11-15&${rich}`,
      told(""),
      "GET",
    ),
    [],
  );
  assertEquals(
    await answered(
      "<thingSet><item><thingId/><size>5</size><price>0.5</price><isNew>false</isNew><since>2024-03-05T09:12:30.000Z</since><kind>small</kind><place><zone>a &amp; b</zone></place></item></thingSet><nextToken>t</nextToken>",
    ),
    [],
  );
  assertEquals(await answered("<thingSet/>"), []);
  const drop = "Action=DropThing&Version=2016-11-15&ThingId=a&DryRun=true";
  assertEquals(await faultsOf(drop, DONE), []);
  const error =
    "<Response><Errors><Error><Code>A.B</Code><Message>m</Message></Error></Errors><RequestID>r</RequestID></Response>";
  assertEquals(await faultsOf(drop, error), []);
});

Deno.test("heldTo() finds what is wrong with a request", async () => {
  const cases: Record<string, string> = {
    "Names.1=a": "Names is not in the model",
    "name.1=a": "name is not in the model",
    "AddressesSet.1=a": "AddressesSet is not in the model",
    "Name=a": "Name is no list",
    "Name.item.1=a": "Name counts item|Name.N is no string",
    "Name.0=a": "Name counts 0",
    "Name.2=a": "Name counts 2",
    "Name.1.x=a": "Name.N is no string",
    "Filter.1=a": "Filter.N is no structure",
    "Filter.1.Values.1=a": "Filter.N.Values is not in the model",
    "Filter.1.Name=a&Filter.2.Name=b&Filter.3.Name=c":
      "Filter is 3, not from -Infinity to 2",
    "MaxResults=four": 'MaxResults is no integer: "four"',
    "MaxResults=4": "MaxResults is 4, not from 5 to 10",
    "MaxResults=": 'MaxResults is no integer: ""',
    "Since=yesterday": 'Since is no timestamp: "yesterday"',
    "Since=2024-13-05T09:12:30Z":
      'Since is no timestamp: "2024-13-05T09:12:30Z"',
    "Data=a%3F": 'Data is no blob: "a?"',
    "Kind=huge": 'Kind is none of its words: "huge"',
    "Place.X=1": "Place.X is not in the model|Place.Zone is missing",
  };
  for (const [form, expected] of Object.entries(cases)) {
    assertEquals(
      await asked(form),
      expected.split("|").map((it) => `ListThings: ${it}`),
      form,
    );
  }
  assertEquals(await asked("Kind=big&Kind=big"), ["Kind is given twice"]);
  assertEquals(
    await faultsOf("Action=DropThing&Version=2016-11-15&DryRun=1", DONE),
    ['DropThing: DryRun is no boolean: "1"', "DropThing: ThingId is missing"],
  );
  assertEquals(
    await faultsOf("Action=DropThing&Version=1&ThingId=a", DONE),
    ["DropThing: the version is 1"],
  );
  assertEquals(
    (await faultsOf("Action=toString", DONE))[0],
    'the action "toString" is not in the model',
  );
});

Deno.test("heldTo() finds what is wrong with an answer", async () => {
  const cases: Record<string, string> = {
    "<things/>": "<things> is not in the model",
    "<nextToken>a</nextToken><nextToken>b</nextToken>":
      "<nextToken> is there twice",
    "<thingSet><member/></thingSet>":
      "<thingSet.member> is not in a list of <item>",
    "<thingSet>text</thingSet>": "<thingSet> holds a text",
    "<thingSet><item>text</item></thingSet>": "<thingSet.item> holds a text",
    "<thingSet><item><Id>1</Id></item></thingSet>":
      "<thingSet.item.Id> is not in the model",
    "<thingSet><item><size>big</size></item></thingSet>":
      '<thingSet.item.size> is no integer: "big"',
    "<thingSet><item><price/></item></thingSet>":
      '<thingSet.item.price> is no double: ""',
    "<thingSet><item><isNew>True</isNew></item></thingSet>":
      '<thingSet.item.isNew> is no boolean: "True"',
    "<thingSet><item><since>1709630000</since></item></thingSet>":
      '<thingSet.item.since> is no timestamp: "1709630000"',
    "<thingSet><item><kind>huge</kind></item></thingSet>":
      '<thingSet.item.kind> is none of its words: "huge"',
    "<thingSet><item><thingId><a/></thingId></item></thingSet>":
      "<thingSet.item.thingId> is no string",
  };
  for (const [things, expected] of Object.entries(cases)) {
    assertEquals(await answered(things), [`ListThings: ${expected}`], things);
  }
  const ask = "Action=ListThings&Version=2016-11-15";
  const whole: Record<string, string> = {
    [DONE]: "the root is <DropThingResponse>",
    [told("", "")]: "the namespace is undefined",
    [told("").replace("requestId>r", "requestId>")]:
      "it does not begin with a requestId",
    "<Response><Errors/></Response>": "the error is none of EC2's",
    "<a>": "Cannot read XML: <a> does not end",
  };
  for (const [xml, expected] of Object.entries(whole)) {
    assertEquals(await faultsOf(ask, xml), [`ListThings: ${expected}`], xml);
  }
});

Deno.test("heldTo() counts, names what it saw, and overlooks what it is told to", async () => {
  const held = heldTo(
    model,
    () => Promise.resolve(new Response(told("<x/>"))),
    [/<x> is not/],
  );
  const body = "Action=ListThings&Version=2016-11-15&Name.1=a&Name.2=b";
  await held.fetch(
    new Request("https://example.com", { method: "POST", body }),
  );
  assertEquals(held.faults, []);
  assertEquals(held.count, 1);
  assertEquals([...held.operations], ["ListThings"]);
  assertEquals([...held.parameters], ["ListThings Name.N"]);
});

Deno.test("readXml() reads elements, and nothing else", () => {
  const { name, children } = readXml(
    '<?xml version="1.0"?>\n<a x="&lt;">\n <b> 1 </b>\n <c/>&#x41;&#66;</a>',
  );
  assertEquals([name, children.map((it) => it.text)], ["a", [" 1 ", ""]]);
  for (
    const xml of [
      "",
      "text",
      "<a/><b/>",
      "<a></b>",
      "</a>",
      "<a",
      "<a>&unicorn;</a>",
      "<a>&</a>",
      "<!DOCTYPE a><a/>",
      "<!-- a --><a/>",
      "<a x=1/>",
    ]
  ) assertThrows(() => readXml(xml), Error, "Cannot read XML");
});
