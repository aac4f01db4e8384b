import { planPlatform } from "../planning/plan.ts";
import { parsePlatform } from "../spec/parse.ts";
import { platformOf } from "./manyModels.ts";

// Plans once in a process of its own, so that peak memory is that of this plan, and says what it took.
const count = Number(process.argv[2]);
const input = platformOf(count);
const started = performance.now();
const spec = parsePlatform(input, "bench");
const parsed = performance.now();
const before = process.cpuUsage();
const { infrastructure, models, problems } = await planPlatform(spec);
const planned = performance.now();
const { system, user } = process.cpuUsage(before);
if (infrastructure === undefined || problems.some((problem) => !problem.includes("budget"))) {
  throw new Error(`the platform of the bench can't be planned: ${problems.slice(0, 3).join("\n")}`);
}
console.log(
  JSON.stringify({
    models: models.length,
    parseSeconds: (parsed - started) / 1000,
    planSeconds: (planned - parsed) / 1000,
    planCpuSeconds: (user + system) / 1e6,
    peakMiB: process.resourceUsage().maxRSS / 1024,
    gap: infrastructure.placement.gap,
    nodes: infrastructure.placement.nodes.length,
    nodeGroups: infrastructure.nodeGroups.length,
    usdPerHour: infrastructure.placement.usdPerHour,
  }),
);
