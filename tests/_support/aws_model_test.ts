import { assertEquals, assertThrows } from "@std/assert";
import { type AwsModel, heldTo, queryName, readXml } from "./aws_model.ts";

const model: AwsModel = {
  metadata: { apiVersion: "2016-11-15", xmlNamespace: "http://x/2016-11-15" },
  operations: {
    ListThings: {
      input: { shape: "ListInput" },
      output: { shape: "ListOutput" },
    },
    DropThing: { input: { shape: "DropInput" } },
  },
  shapes: {
    ListInput: {
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
    DropInput: {
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
    ListOutput: {
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

const listed = (things: string, attributes = ' xmlns="http://x/2016-11-15/"') =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<ListThingsResponse${attributes}>\n  <requestId>r</requestId>\n  ${things}\n</ListThingsResponse>`;

/** Sends a form with the given response, and returns the deviations. */
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

const faultsOfRequest = (form: string) =>
  faultsOf(`Action=ListThings&Version=2016-11-15&${form}`, listed(""));

const faultsOfResponse = (things: string) =>
  faultsOf("Action=ListThings&Version=2016-11-15", listed(things));

Deno.test("queryName() returns queryName, else locationName with a capital, else the name of the member", () => {
  assertEquals(queryName("A", { shape: "" }), "A");
  assertEquals(queryName("A", { shape: "", locationName: "bSet" }), "BSet");
  assertEquals(
    queryName("A", { shape: "", locationName: "b", queryName: "c" }),
    "c",
  );
});

Deno.test("heldTo() reports nothing for valid requests and responses", async () => {
  const rich =
    "Name.1=a&Name.2=b&Filter.1.Name=n&Filter.1.Value.1=v&Addresses.1=x&MaxResults=5&Since=2024-03-05T09%3A12%3A30.000Z&Data=aGk%3D&Kind=big&Place.Zone=z";
  assertEquals(await faultsOfRequest(rich), []);
  assertEquals(
    await faultsOf(
      `Action=ListThings&Version=2016-11-15&${rich}`,
      listed(""),
      "GET",
    ),
    [],
  );
  assertEquals(
    await faultsOfResponse(
      "<thingSet><item><thingId/><size>5</size><price>0.5</price><isNew>false</isNew><since>2024-03-05T09:12:30.000Z</since><kind>small</kind><place><zone>a &amp; b</zone></place></item></thingSet><nextToken>t</nextToken>",
    ),
    [],
  );
  assertEquals(await faultsOfResponse("<thingSet/>"), []);
  const drop = "Action=DropThing&Version=2016-11-15&ThingId=a&DryRun=true";
  assertEquals(await faultsOf(drop, DONE), []);
  const error =
    "<Response><Errors><Error><Code>A.B</Code><Message>m</Message></Error></Errors><RequestID>r</RequestID></Response>";
  assertEquals(await faultsOf(drop, error), []);
});

Deno.test("heldTo() reports deviations of a request", async () => {
  const cases: Record<string, string> = {
    "Names.1=a": "Names is not in the model",
    "name.1=a": "name is not in the model",
    "AddressesSet.1=a": "AddressesSet is not in the model",
    "Name=a": "Name is not of type list",
    "Name.item.1=a": "Name has the indices item|Name.N is not of type string",
    "Name.0=a": "Name has the indices 0",
    "Name.2=a": "Name has the indices 2",
    "Name.1.x=a": "Name.N is not of type string",
    "Filter.1=a": "Filter.N is not of type structure",
    "Filter.1.Values.1=a": "Filter.N.Values is not in the model",
    "Filter.1.Name=a&Filter.2.Name=b&Filter.3.Name=c":
      "Filter is 3; it must be from -Infinity to 2",
    "MaxResults=four": 'MaxResults is not of type integer: "four"',
    "MaxResults=4": "MaxResults is 4; it must be from 5 to 10",
    "MaxResults=": 'MaxResults is not of type integer: ""',
    "Since=yesterday": 'Since is not of type timestamp: "yesterday"',
    "Since=2024-13-05T09:12:30Z":
      'Since is not of type timestamp: "2024-13-05T09:12:30Z"',
    "Data=a%3F": 'Data is not of type blob: "a?"',
    "Kind=huge": 'Kind has the unknown value "huge"',
    "Place.X=1": "Place.X is not in the model|Place.Zone is missing",
  };
  for (const [form, expected] of Object.entries(cases)) {
    assertEquals(
      await faultsOfRequest(form),
      expected.split("|").map((it) => `ListThings: ${it}`),
      form,
    );
  }
  assertEquals(await faultsOfRequest("Kind=big&Kind=big"), [
    "Kind is given twice",
  ]);
  assertEquals(
    await faultsOf("Action=DropThing&Version=2016-11-15&DryRun=1", DONE),
    [
      'DropThing: DryRun is not of type boolean: "1"',
      "DropThing: ThingId is missing",
    ],
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

Deno.test("heldTo() reports deviations of a response", async () => {
  const cases: Record<string, string> = {
    "<things/>": "<things> is not in the model",
    "<nextToken>a</nextToken><nextToken>b</nextToken>":
      "<nextToken> occurs twice",
    "<thingSet><member/></thingSet>":
      "<thingSet.member> is not in a list of <item>",
    "<thingSet>text</thingSet>": "<thingSet> contains text",
    "<thingSet><item>text</item></thingSet>": "<thingSet.item> contains text",
    "<thingSet><item><Id>1</Id></item></thingSet>":
      "<thingSet.item.Id> is not in the model",
    "<thingSet><item><size>big</size></item></thingSet>":
      '<thingSet.item.size> is not of type integer: "big"',
    "<thingSet><item><price/></item></thingSet>":
      '<thingSet.item.price> is not of type double: ""',
    "<thingSet><item><isNew>True</isNew></item></thingSet>":
      '<thingSet.item.isNew> is not of type boolean: "True"',
    "<thingSet><item><since>1709630000</since></item></thingSet>":
      '<thingSet.item.since> is not of type timestamp: "1709630000"',
    "<thingSet><item><kind>huge</kind></item></thingSet>":
      '<thingSet.item.kind> has the unknown value "huge"',
    "<thingSet><item><thingId><a/></thingId></item></thingSet>":
      "<thingSet.item.thingId> is not of type string",
  };
  for (const [things, expected] of Object.entries(cases)) {
    assertEquals(
      await faultsOfResponse(things),
      [`ListThings: ${expected}`],
      things,
    );
  }
  const form = "Action=ListThings&Version=2016-11-15";
  const whole: Record<string, string> = {
    [DONE]: "the root is <DropThingResponse>",
    [listed("", "")]: "the namespace is undefined",
    [listed("").replace("requestId>r", "requestId>")]:
      "the first element is not a requestId",
    "<Response><Errors/></Response>": "the error is not in the format of EC2",
    "<a>": "readXml: <a> has no end tag",
  };
  for (const [xml, expected] of Object.entries(whole)) {
    assertEquals(await faultsOf(form, xml), [`ListThings: ${expected}`], xml);
  }
});

Deno.test("heldTo() counts requests, lists operations and parameters, and ignores the given deviations", async () => {
  const held = heldTo(
    model,
    () => Promise.resolve(new Response(listed("<x/>"))),
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

Deno.test("readXml() parses elements and rejects any other syntax", () => {
  const { name, children } = readXml(
    '<?xml version="1.0"?>\n<a x="&lt;">\n <b> 1 </b>\n <c/>&#x41;&#66;</a>',
  );
  assertEquals([name, children.map((it) => it.text)], ["a", [" 1 ", ""]]);
  for (
    const [xml, message] of Object.entries({
      "": "the document must have exactly one root",
      "text": "the document must have exactly one root",
      "<a/><b/>": "the document must have exactly one root",
      "<a></b>": "expected </a>, got </b>",
      "</a>": "expected </>, got </a>",
      "<a": 'unexpected input: "<a"',
      "<a>&unicorn;</a>": "unknown entity &unicorn;",
      "<a>&</a>": "unknown entity &",
      "<!DOCTYPE a><a/>": 'unexpected input: "<!DOCTYPE a><a/>"',
      "<!-- a --><a/>": 'unexpected input: "<!-- a --><a/>"',
      "<a x=1/>": 'unexpected input: "<a x=1/>"',
    })
  ) assertThrows(() => readXml(xml), Error, `readXml: ${message}`);
});
