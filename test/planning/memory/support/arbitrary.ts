import fc from "fast-check";
import { gpuNames, gpus } from "../../../../catalog/gpus.ts";
import { models } from "../../../../catalog/models/models.ts";
import {
  kvCacheFormats,
  kvCacheTypes,
  quantizationNames,
  quantizations,
} from "../../../../catalog/quantizations.ts";
import type { Deployment } from "../../../../planning/memory/estimate.ts";

type Engine = Deployment["engine"];

/** Deployments of catalog models in formats that their engine has, legal or not in other ways. */
export const deployments: fc.Arbitrary<Deployment> = fc
  .constantFrom<Engine>("vllm", "tgi", "ollama")
  .chain((engine) => deploymentsOf(engine));

/** The same on GPUs only. */
export const onGpus = deployments.filter(({ gpu }) => gpu !== undefined);

function deploymentsOf(engine: Engine): fc.Arbitrary<Deployment> {
  const gpu = fc.constantFrom(...gpuNames.map((name) => gpus[name]));
  return fc
    .record({
      engine: fc.constant(engine),
      architecture: fc.constantFrom(...models.values()),
      quantization: fc.constantFrom(
        ...quantizationNames.filter((name) => quantizations[name].engines.includes(engine)),
      ),
      kvCacheType: fc.constantFrom(
        ...kvCacheTypes.filter((type) => kvCacheFormats[type].engines.includes(engine)),
      ),
      gpu: engine === "ollama" ? fc.option(gpu, { nil: undefined, freq: 3 }) : gpu,
      tensorParallel: fc.constantFrom(1, 2, 4, 8, 16),
      pipelineParallel: fc.constantFrom(1, 1, 2, 3),
      gpuMemoryUtilization: fc.double({ min: 0.3, max: 0.99, noNaN: true }),
      context: fc.integer({ min: 1, max: 200_000 }),
      concurrency: fc.integer({ min: 1, max: 400 }),
      tokensPerRequest: fc.integer({ min: 1, max: 200_000 }),
    })
    .map((drawn) => {
      const context = Math.min(drawn.context, drawn.architecture.maxContext);
      const parallel = drawn.gpu ? {} : { tensorParallel: 1, pipelineParallel: 1 };
      return { ...drawn, ...parallel, context, tokensPerRequest: Math.min(drawn.tokensPerRequest, context) };
    });
}
