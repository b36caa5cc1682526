// The baseline: requests a list with the `fetch` of the runtime.
const response = await fetch(`${Deno.args[0]}/server/cloud/`, {
  headers: { authorization: `Basic ${btoa("user:password")}` },
});
const { data } = await response.json();
// The types of Deno lack this function.
const { cpuUsage } = Deno as unknown as { cpuUsage(): unknown };
console.log(JSON.stringify({ name: data[0].name, cpu: cpuUsage() }));
