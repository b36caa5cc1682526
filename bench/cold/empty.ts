// Starts the process, which every script has to do.
// The types of Deno lack this function.
const { cpuUsage } = Deno as unknown as { cpuUsage(): unknown };
console.log(JSON.stringify({ name: "", cpu: cpuUsage() }));
