import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { planPlatform } from "../../../planning/plan.ts";
import { repoRoot } from "../../../sandbox/lib/paths.ts";
import { describeEnvironment } from "../../../stacks/environments.ts";

/** What the pods of Ollama do before the signal, as it is planned, on a network and with a /tmp of its own. */

async function ending(heldSeconds: number): Promise<{ waited: boolean; code: number; seconds: number }> {
  const { serving } = await planPlatform(describeEnvironment("local", repoRoot));
  const [plan] = serving.plans;
  const command = plan?.health.endCommand;
  if (plan === undefined || command === undefined) throw new Error("there is nothing to wait for");
  const script = join(repoRoot, "test", "support", "hold_connection.py");
  const held = ["python3", script, String(plan.ports.http), String(heldSeconds), ...command];
  const alone = 'mount -t tmpfs tmpfs /tmp && ip link set lo up && exec "$@"';
  const { stdout } = await execa("unshare", ["--net", "--mount", "sh", "-c", alone, "sh", ...held], {
    cwd: repoRoot,
  });
  return JSON.parse(stdout);
}

test.concurrent.each([
  { held: 14, waited: true },
  { held: 1, waited: true },
])(
  "waits for connections, $held s old, and no longer",
  async ({ held, waited }) => {
    const end = await ending(held);
    expect(end).toMatchObject({ waited, code: 0 });
    // Ten seconds in any case: until nobody is sent there any more.
    expect(end.seconds).toBeGreaterThanOrEqual(Math.max(10, held));
    expect(end.seconds).toBeLessThan(Math.max(10, held) + 4);
  },
  60_000,
);
