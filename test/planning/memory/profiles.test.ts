import { describe, expect, test } from "vitest";
import { gpus } from "../../../catalog/gpus.ts";
import { estimateMemory } from "../../../planning/memory/fit.ts";
import { blockCacheUse } from "../../../planning/memory/kvCache.ts";
import { vllmLayout } from "../../../planning/memory/vllm.ts";
import { deployment } from "./support/deployment.ts";
import { type Profile, profiles } from "./support/profiles.ts";

const gibInMib = 1024;
const gib = 1024 ** 3;

function asDeployed({ architecture, quantization, kvCacheType, tensorParallel, pipelineParallel }: Profile) {
  return deployment(architecture, {
    quantization,
    kvCacheType,
    tensorParallel,
    pipelineParallel,
    gpu: gpus.H100,
    gpuMemoryUtilization: 0.95,
    context: 8192,
  });
}

function sharesOf(profile: Profile) {
  return estimateMemory(asDeployed(profile)).shares;
}

describe("against what vLLM 0.19.0 logged on H100", () => {
  test.each(profiles)("$name: weights of $weights GiB are met within 1 % or 0.1 GiB", (profile) => {
    // Towers come with more than their matrices: the estimate counts that as runtime.
    const tower = profile.architecture.towerParameters > 0 ? 0.65 : 0;
    const { weights } = sharesOf(profile);
    expect(weights / gibInMib).toBeGreaterThan(
      profile.weights - Math.max(0.1, 0.01 * profile.weights) - tower,
    );
    expect(weights / gibInMib).toBeLessThan(profile.weights + 0.1);
  });

  test.each(profiles)(
    "$name: activations of $activations GiB are met, at most 0.1 below and 0.9 above",
    (profile) => {
      const { activations } = sharesOf(profile);
      expect(activations / gibInMib).toBeGreaterThan(profile.activations - 0.1);
      expect(activations / gibInMib).toBeLessThan(profile.activations + 0.9);
    },
  );

  test.each(profiles)(
    "$name: what PyTorch doesn't see, $outsideTorch GiB, and the tower are no more",
    (profile) => {
      const { weights, runtime } = sharesOf(profile);
      expect(weights + runtime).toBeGreaterThan((profile.weights + profile.outsideTorch) * gibInMib);
    },
  );

  test.each(profiles)(
    "$name: graphs that took $capturedGraphs GiB are met, at most 0.15 below and 0.8 above",
    (profile) => {
      const { graphs } = sharesOf(profile);
      expect(graphs / gibInMib).toBeLessThan(Math.max(profile.graphs, profile.capturedGraphs) + 0.8);
      expect(graphs / gibInMib).toBeGreaterThan(Math.min(profile.graphs, profile.capturedGraphs) - 0.15);
    },
  );

  // The estimate takes graphs from the cache, as vLLM does since 0.21.
  test.each(profiles)(
    "$name: of the $kvCache GiB of cache less graphs it gives at most 0.25 more and 1.5 less",
    (profile) => {
      const left = profile.kvCache - profile.graphs;
      const { kvCache } = sharesOf(profile);
      expect(kvCache / gibInMib).toBeGreaterThan(left - 1.5);
      expect(kvCache / gibInMib).toBeLessThan(left + 0.25);
    },
  );

  test.each(profiles)(
    "$name: $kvCache GiB hold $requests requests of 8,192 tokens, within 0.5 %, or 1.5 % of stages",
    (profile) => {
      const deployed = asDeployed(profile);
      const { tokens } = blockCacheUse(vllmLayout(deployed), profile.kvCache * gib, deployed, 1024);
      // The stage that logged its GiB is not the one with the least.
      const within = profile.pipelineParallel > 1 ? 0.015 : 0.005;
      expect(Math.abs(tokens / 8192 / profile.requests - 1)).toBeLessThan(within);
    },
  );

  test("on average the estimate gives the cache 0.7 GiB less than vLLM does, of 51", () => {
    const missing = profiles.map(
      (profile) => profile.kvCache - profile.graphs - sharesOf(profile).kvCache / gibInMib,
    );
    const mean = missing.reduce((sum, each) => sum + each, 0) / missing.length;
    expect(mean).toBeGreaterThan(0.5);
    expect(mean).toBeLessThan(0.8);
  });
});
