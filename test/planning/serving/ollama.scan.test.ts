import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { images, registryImages } from "../../../catalog/images.ts";
import { planServing } from "../../../planning/serving/serving.ts";
import type { ServingPlan } from "../../../planning/serving/servingPlan.ts";
import { silent } from "../../../sandbox/lib/progress.ts";
import { downloadModules } from "../../../sandbox/toolchain/go-modules.ts";
import { goEnvironment, goTool } from "../../../sandbox/toolchain/go-tool.ts";
import { modelSchema } from "../../../spec/models.ts";
import { awsSpec } from "../../support/foundation.ts";
import { anyModel } from "../../support/servingModels.ts";

/** Ollama's own reading of the environment that is planned for it, by its Go module of the pinned version. */

const folder = join(import.meta.dirname, "..", "..", "support", "ollama");

async function understood(env: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const { command } = await goTool();
  const { stdout } = await execa(command, ["run", "."], { cwd: folder, env: { ...goEnvironment, ...env } });
  return JSON.parse(stdout);
}

/** Of a duration as Go prints it: `1h5m0s`. */
function seconds(duration = ""): number {
  const [, hours = 0, minutes = 0, rest = 0] = /^(?:(\d+)h)?(?:(\d+)m)?(\d+)s$/.exec(duration) ?? [];
  return 3600 * Number(hours) + 60 * Number(minutes) + Number(rest);
}

function atRandom(): ServingPlan[] {
  const spec = awsSpec("prod");
  return fc
    .sample(anyModel, { numRuns: 100, seed: 20_261_125 })
    .filter(({ engine }) => engine === "ollama")
    .flatMap(
      (model) =>
        planServing({ ...spec, models: { [model.name]: modelSchema.parse({ model: model.model }) } }, [model])
          .plans,
    );
}

const ollamas = atRandom();

beforeAll(async () => downloadModules(await goTool(), folder, ["./..."], silent), 20 * 60_000);

describe("Ollama", () => {
  test("understands every setting as it was meant", { timeout: 10 * 60_000 }, async () => {
    expect(ollamas.length).toBeGreaterThan(10);
    for (const { env } of ollamas.slice(0, 2)) {
      const said = await understood(env);
      const meant = (name: string) => env[name] ?? "";
      expect(said).toMatchObject({
        OLLAMA_HOST: `http://${meant("OLLAMA_HOST")}`,
        OLLAMA_MODELS: "/models",
        OLLAMA_CONTEXT_LENGTH: meant("OLLAMA_CONTEXT_LENGTH"),
        OLLAMA_NUM_PARALLEL: meant("OLLAMA_NUM_PARALLEL"),
        OLLAMA_MAX_QUEUE: meant("OLLAMA_MAX_QUEUE"),
        OLLAMA_MAX_LOADED_MODELS: "1",
        OLLAMA_KV_CACHE_TYPE: meant("OLLAMA_KV_CACHE_TYPE"),
        OLLAMA_NO_CLOUD: "true",
        OLLAMA_NOPRUNE: "true",
        OLLAMA_VULKAN: "false",
      });
      // For ever is the longest that there is.
      expect(said.OLLAMA_KEEP_ALIVE).toMatch(/^2562047h/);
      expect(`${seconds(said.OLLAMA_LOAD_TIMEOUT)}s`).toBe(meant("OLLAMA_LOAD_TIMEOUT"));
    }
  });

  test("knows every variable that is set for it", async () => {
    const known = Object.keys(await understood({}));
    const set = new Set(ollamas.flatMap(({ env }) => Object.keys(env)));
    for (const name of set) if (name.startsWith("OLLAMA_")) expect(known).toContain(name);
  });
});

test("what judges is of the pinned versions", () => {
  const read = (path: string) => readFileSync(join(folder, "..", path), "utf8");
  expect(read("ollama/go.mod")).toContain(`github.com/ollama/ollama v${images.ollama.version}\n`);
  expect(read("engines/requirements.lock")).toContain(`\nvllm==${registryImages.vllm.version} `);
});
