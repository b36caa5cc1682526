// Loads the driver only.
import { NephoScaleNodeDriver } from "../../drivers/nephoscale.ts";

const { name } = NephoScaleNodeDriver;
// The types of Deno lack this function.
const { cpuUsage } = Deno as unknown as { cpuUsage(): unknown };
console.log(JSON.stringify({ name, cpu: cpuUsage() }));
