// The driver loaded and ready to be asked.
import { NephoScaleNodeDriver } from "../../drivers/nephoscale.ts";

const cloud = new NephoScaleNodeDriver({
  username: "user",
  password: "password",
  baseUrl: Deno.args[0],
});
const name = cloud.provider;
// Deno has it, its types do not.
const { cpuUsage } = Deno as unknown as { cpuUsage(): unknown };
console.log(JSON.stringify({ name, cpu: cpuUsage() }));
