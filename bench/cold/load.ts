// The driver loaded, and no more.
import { NephoScaleNodeDriver } from "../../drivers/nephoscale.ts";

const { name } = NephoScaleNodeDriver;
// Deno has it, its types do not.
const { cpuUsage } = Deno as unknown as { cpuUsage(): unknown };
console.log(JSON.stringify({ name, cpu: cpuUsage() }));
