// The parser alone, and what every client loads that is built on fetch().
import { Command } from "npm:@commander-js/extra-typings@15.1.0";

const fetch = (request: Request) =>
  Promise.resolve(Response.json({ data: [{ name: request.url }] }));

const program = new Command("nephos");
program.command("nodes").command("list")
  .option("-p, --provider <id>", "provider")
  .option("--simulate", "use a simulated account")
  .action(async () => {
    const headers = new Headers({ accept: "application/json" });
    const request = new Request("https://api.example.com/", { headers });
    const { data: [node] } = await (await fetch(request)).json();
    console.log(node.name);
  });
await program.parseAsync();
