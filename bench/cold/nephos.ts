// Requests a list with the driver.
import { NephoScaleNodeDriver } from "../../drivers/nephoscale.ts";

const cloud = new NephoScaleNodeDriver({
  username: "user",
  password: "password",
  baseUrl: Deno.args[0],
});
const [node] = await cloud.listNodes();
// The types of Deno lack this function.
const { cpuUsage } = Deno as unknown as { cpuUsage(): unknown };
console.log(JSON.stringify({ name: node?.name, cpu: cpuUsage() }));
