import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { repoRoot } from "../sandbox/lib/paths.ts";
import { unknownName } from "../spec/parse.ts";
import { adapterBench } from "./adapter.ts";
import { placementBench } from "./placement.ts";
import { planBench } from "./plan.ts";
import { previewBench } from "./preview.ts";
import { rolloutBench } from "./rollout.ts";
import { coldStartBench, warmStartBench } from "./start.ts";

const benches: Record<string, () => Promise<unknown>> = {
  preview: previewBench,
  plan: planBench,
  placement: placementBench,
  adapter: adapterBench,
  rollout: rolloutBench,
  start: warmStartBench,
  cold: coldStartBench,
};

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !(name in benches));
if (unknown !== undefined) {
  console.error(`bench ${unknown}: ${unknownName(unknown, Object.keys(benches))}`);
  process.exit(2);
}
const folder = join(repoRoot, ".build", "bench");
await mkdir(folder, { recursive: true });
// Cold starts take long and much disk, rollouts the running platform: only when asked for.
for (const name of asked.length > 0 ? asked : ["preview", "plan", "placement", "adapter", "start"]) {
  const result = await benches[name]?.();
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
}
