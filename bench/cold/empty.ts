// The start of a process: what every script pays.
// Deno has it, its types do not.
const { cpuUsage } = Deno as unknown as { cpuUsage(): unknown };
console.log(JSON.stringify({ name: "", cpu: cpuUsage() }));
