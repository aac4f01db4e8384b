import { models } from "../catalog/models/models.ts";
import type { ModelInput } from "../spec/models.ts";
import type { AwsPlatformInput } from "../spec/platform.ts";

/** A sequence that is the same in every run: Park and Miller's minimal standard generator. */
function sequence(seed: number): (choices: number) => number {
  let state = seed;
  return (choices) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % choices;
  };
}

/**
 * A platform in prod with so many models, as a company with many teams would have: mostly small ones, in the formats,
 * contexts and loads that people ask for, one to four replicas each.
 */
export function platformOf(count: number): AwsPlatformInput {
  const pick = sequence(20_261_125);
  const all = [...models.values()];
  const small = all.filter(({ parameters }) => parameters < 16e9);
  const large = all.filter(({ parameters }) => parameters >= 16e9 && parameters < 150e9);
  const formats: readonly ModelInput["quantization"][] = [undefined, "fp8", "awq", ["bf16", "fp8", "awq"]];
  const entries = Array.from({ length: count }, (_, index): [string, ModelInput] => {
    const family = pick(10) < 8 ? small : large;
    const model = family[pick(family.length)];
    if (model === undefined) throw new Error("the catalog has no such models");
    const context = Math.min(model.maxContext, [4096, 8192, 16_384, 32_768][pick(4)] ?? 4096);
    const format = model.published === "bf16" ? formats[pick(formats.length)] : undefined;
    return [
      `m${index}`,
      {
        model: model.id,
        context,
        concurrency: [4, 8, 16, 32][pick(4)] ?? 4,
        replicas: 1 + pick(4),
        ...(format && { quantization: format }),
      },
    ];
  });
  return {
    environment: "prod",
    ownership: { owner: "bench", costCenter: "bench" },
    cloud: { region: "us-east-1" },
    gateway: { host: "ai.example.com" },
    models: Object.fromEntries(entries),
  };
}
