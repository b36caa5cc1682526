// The driver asked for a list.
import { NephoScaleNodeDriver } from "../../drivers/nephoscale.ts";

const cloud = new NephoScaleNodeDriver({
  username: "user",
  password: "password",
  baseUrl: Deno.args[0],
});
const [node] = await cloud.listNodes();
// Deno has it, its types do not.
const { cpuUsage } = Deno as unknown as { cpuUsage(): unknown };
console.log(JSON.stringify({ name: node?.name, cpu: cpuUsage() }));
