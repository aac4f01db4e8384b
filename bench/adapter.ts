import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Table from "cli-table3";
import { execa } from "execa";
import { z } from "zod";
import { serviceEnvironment } from "../sandbox/cli/testing/python.ts";
import { repoRoot } from "../sandbox/lib/paths.ts";
import { silent } from "../sandbox/lib/progress.ts";

const result = z.object({
  rows: z.array(
    z.object({
      streams: z.number(),
      direct_tokens_per_second: z.number(),
      through_tokens_per_second: z.number(),
      throughput_ratio: z.number(),
      direct_first_ms: z.number(),
      added_first_ms: z.number(),
      cpu_microseconds_per_token: z.number(),
    }),
  ),
  memory_mib: z.number(),
  load: z.number(),
});

/** Streams through the adapter against the same streams without it, over loopback, to a real engine. */
export async function adapterBench(): Promise<z.output<typeof result>> {
  const service = join(repoRoot, "services", "adapter");
  const { python, env } = await serviceEnvironment("adapter", service, silent);
  const folder = await mkdtemp(join(tmpdir(), "ai-platform-adapter-"));
  try {
    const { stdout } = await execa(python, [join(repoRoot, "bench", "adapter_load.py"), folder], {
      env: { ...env, PYTHONPATH: service },
      stderr: "inherit",
    });
    return shown(result.parse(JSON.parse(stdout)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function shown(measured: z.output<typeof result>): z.output<typeof result> {
  const table = new Table({
    head: ["streams", "tokens/s direct", "through", "ratio", "first ms direct", "added", "CPU us/token"],
    style: { head: [], border: [] },
  });
  for (const row of measured.rows)
    table.push([
      row.streams,
      Math.round(row.direct_tokens_per_second),
      Math.round(row.through_tokens_per_second),
      row.throughput_ratio.toFixed(2),
      row.direct_first_ms.toFixed(1),
      row.added_first_ms.toFixed(1),
      Math.round(row.cpu_microseconds_per_token),
    ]);
  console.log(
    `\nThe adapter, ${Math.round(measured.memory_mib)} MiB, load ${measured.load.toFixed(1)}\n${table}`,
  );
  return measured;
}
