import { describe, expect, test } from "vitest";
import type { GpuName } from "../../../catalog/gpus.ts";
import { findModel } from "../../../catalog/models/models.ts";
import { type GpuSupply, sizeModel } from "../../../planning/sizing/models.ts";
import { type ModelInput, modelSchema } from "../../../spec/models.ts";

const everything: GpuSupply = new Map<GpuName, number>([
  ["T4", 4],
  ["A10G", 8],
  ["L4", 8],
  ["L40S", 8],
  ["A100-40", 8],
  ["A100-80", 8],
  ["H100", 8],
]);

function size(input: ModelInput, { prod = false, supply = everything } = {}) {
  const known = findModel(input.model);
  if (known === undefined) throw new Error(`${input.model} is not in the catalog`);
  const spec = modelSchema.parse(input);
  return sizeModel({ name: "m", spec, architecture: known, known, prod, purchase: ["on-demand"] }, supply);
}

const ids = (sizing: ReturnType<typeof size>) => [...sizing.candidates.keys()];

const llama8b = { model: "meta-llama/Llama-3.1-8B-Instruct" };
const llama70b = { model: "meta-llama/Llama-3.3-70B-Instruct" };
const tiny = { model: "TinyLlama/TinyLlama-1.1B-Chat-v1.0" };

describe("a model", () => {
  test("is offered on the fewest GPUs of each kind that hold it", () => {
    expect(ids(size({ ...llama70b, quantization: "fp8" }))).toEqual([
      "8xA10G/fp8",
      "8xL4/fp8",
      "4xL40S/fp8",
      "4xA100-40/fp8",
      "2xA100-80/fp8",
      "2xH100/fp8",
    ]);
  });

  test("keeps the format in which it was published unless others are allowed", () => {
    expect(ids(size(llama8b)).every((id) => id.endsWith("/bf16"))).toBe(true);
    const formats = ids(size({ ...llama8b, quantization: ["bf16", "awq"], gpus: ["L40S"] }));
    expect(formats).toEqual(["1xL40S/bf16", "1xL40S/awq"]);
  });

  test("takes as many GPUs as it is told to, and only those kinds", () => {
    expect(ids(size({ ...llama8b, tensorParallel: 4, gpus: ["L4", "H100"] }))).toEqual([
      "4xL4/bf16",
      "4xH100/bf16",
    ]);
    expect(ids(size({ ...llama70b, tensorParallel: 2, pipelineParallel: 2, gpus: ["A100-80"] }))).toEqual([
      "4xA100-80/bf16",
    ]);
  });

  test("goes to the CPU with Ollama in four bits where there are no GPUs", () => {
    const sizing = size(tiny, { supply: new Map() });
    expect(sizing.engine).toBe("ollama");
    expect(ids(sizing)).toEqual(["cpu/q4_K_M"]);
    expect(sizing.workload?.role).toBe("cpu");
  });

  test("in a GGUF format is Ollama's, on the GPUs that are named", () => {
    const sizing = size({ ...llama8b, quantization: "q4_K_M", gpus: ["L4"] });
    expect(sizing.engine).toBe("ollama");
    expect(ids(sizing)).toEqual(["1xL4/q4_K_M"]);
  });

  test("with TGI stays on A100 and H100", () => {
    expect(ids(size({ ...llama70b, engine: "tgi" })).map((id) => id.split("/")[0])).toEqual([
      "8xA100-40",
      "4xA100-80",
      "4xH100",
    ]);
  });

  test("takes 0.85 of cards up to 48 GB and 0.92 of larger ones, if nothing else is said", () => {
    const shares = [...size(llama8b).candidates.values()].map(({ deployment }) => [
      deployment.gpu?.name,
      deployment.gpuMemoryUtilization,
    ]);
    expect(shares).toContainEqual(["L40S", 0.85]);
    expect(shares).toContainEqual(["A100-40", 0.85]);
    expect(shares).toContainEqual(["H100", 0.92]);
    const own = size({ ...llama8b, gpuMemoryUtilization: 0.95, gpus: ["L40S"] }).candidates.get(
      "1xL40S/bf16",
    );
    expect(own?.deployment.gpuMemoryUtilization).toBe(0.95);
  });

  test("has a context within its own maximum", () => {
    const [only] = size({ ...tiny, gpus: ["L4"] }).candidates.values();
    expect(only?.deployment.context).toBe(2048);
  });
});

describe("what is refused", () => {
  test("Qwen2.5-7B over 8 GPUs: 28 heads can't be shared by 8", () => {
    const { refusals, workload } = size({
      model: "Qwen/Qwen2.5-7B-Instruct",
      tensorParallel: 8,
      gpus: ["H100"],
    });
    expect(workload).toBeUndefined();
    expect(refusals).toEqual([
      { id: "H100/bf16", reason: "28 attention heads can't be split over 8 GPUs: 1, 2, 4 would do" },
    ]);
  });

  test("more GPUs than a node has says how many it has", () => {
    expect(size({ ...llama8b, tensorParallel: 8, gpus: ["T4"] }).refusals).toEqual([
      { id: "T4/bf16", reason: "one node has at most 4 of them" },
    ]);
  });

  test("what is too small says what it lacks on the most GPUs that were tried", () => {
    const [refusal] = size({ ...llama70b, gpus: ["L4"] }).refusals;
    expect(refusal?.reason).toMatch(/^needs 2\d\.\d GiB of 18\.7 GiB on each L4: weights 16\.4 GiB/);
  });
});

describe("replicas", () => {
  test("are two in prod, in different zones, and one elsewhere", () => {
    expect(size(llama8b, { prod: true }).workload).toMatchObject({ replicas: 2, spread: "zone" });
    expect(size(llama8b).workload).toMatchObject({ replicas: 1, spread: "none" });
  });

  test("are what the spec says; one has nothing to be spread from", () => {
    expect(size({ ...llama8b, replicas: 3, spread: "node" }).workload).toMatchObject({
      replicas: 3,
      spread: "node",
    });
    expect(size({ ...llama8b, replicas: 1, spread: "zone" }).workload).toMatchObject({ spread: "none" });
  });
});
