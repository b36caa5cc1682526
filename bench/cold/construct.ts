// Loads the driver and creates an instance.
import { NephoScaleNodeDriver } from "../../drivers/nephoscale.ts";

const cloud = new NephoScaleNodeDriver({
  username: "user",
  password: "password",
  baseUrl: Deno.args[0],
});
const name = cloud.provider;
// The types of Deno lack this function.
const { cpuUsage } = Deno as unknown as { cpuUsage(): unknown };
console.log(JSON.stringify({ name, cpu: cpuUsage() }));
