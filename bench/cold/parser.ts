// The parser of the command line alone, with one command and two of its options.
import { Command } from "npm:@commander-js/extra-typings@15.1.0";

const program = new Command("nephos");
program.command("nodes").command("list")
  .option("-p, --provider <id>", "provider")
  .option("--simulate", "use a simulated account")
  .action(({ provider }) => console.log(provider));
await program.parseAsync();
