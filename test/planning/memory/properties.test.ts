import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Deployment } from "../../../planning/memory/estimate.ts";
import { estimateMemory } from "../../../planning/memory/fit.ts";
import { deployments, onGpus } from "./support/arbitrary.ts";

const mib = 1024 ** 2;
const runs = { numRuns: 1000 };

/** Whether it would work with enough memory: a refusal has no budget. */
function isLegal(deployment: Deployment): boolean {
  return estimateMemory(deployment).shares.budget > 0;
}

describe("every estimate", () => {
  test("has a problem if and only if something is missing", () => {
    fc.assert(
      fc.property(deployments, (deployment) => {
        const { problem, shortfallMiB } = estimateMemory(deployment);
        expect(problem === undefined).toBe(shortfallMiB === 0);
      }),
      runs,
    );
  });

  test("is finite, and negative nowhere but in what is left for the cache", () => {
    fc.assert(
      fc.property(deployments, (deployment) => {
        const { shares, problem: _, ...numbers } = estimateMemory(deployment);
        const { kvCache, ...others } = shares;
        expect(Number.isFinite(kvCache)).toBe(true);
        for (const value of [...Object.values(numbers), ...Object.values(others)]) {
          expect(Number.isFinite(value) && value >= 0).toBe(true);
        }
      }),
      runs,
    );
  });

  test("shares out its whole budget, which is within what CUDA sees", () => {
    fc.assert(
      fc.property(deployments.filter(isLegal), (deployment) => {
        const { capacity, budget, weights, activations, graphs, runtime, kvCache } =
          estimateMemory(deployment).shares;
        expect(weights + activations + graphs + runtime + kvCache).toBeCloseTo(budget, 3);
        expect(budget).toBeLessThanOrEqual(capacity);
      }),
      runs,
    );
  });

  test("keeps no more tokens than the cache has bytes for", () => {
    fc.assert(
      fc.property(deployments, (deployment) => {
        const { kvTokens, kvBytesPerToken, shares } = estimateMemory(deployment);
        expect(kvTokens * kvBytesPerToken).toBeLessThanOrEqual(Math.max(0, shares.kvCache) * mib + 1);
      }),
      runs,
    );
  });

  test("that fits holds what is wanted: the context and the requests", () => {
    fc.assert(
      fc.property(deployments, (deployment) => {
        const { problem, largestContext, concurrency } = estimateMemory(deployment);
        fc.pre(problem === undefined);
        expect(largestContext).toBeGreaterThanOrEqual(deployment.context);
        expect(concurrency).toBeGreaterThanOrEqual(deployment.concurrency);
      }),
      runs,
    );
  });

  test("names a largest context that fits, and none that is longer does", () => {
    fc.assert(
      fc.property(onGpus, (drawn) => {
        const alone = { ...drawn, concurrency: 1, tokensPerRequest: 1 };
        const { largestContext } = estimateMemory(alone);
        const { maxContext } = alone.architecture;
        fc.pre(isLegal(alone));
        const problemWith = (context: number) => estimateMemory({ ...alone, context }).problem;
        if (largestContext > 0) expect(problemWith(largestContext)).toBeUndefined();
        if (largestContext < maxContext) expect(problemWith(largestContext + 1)).toBeDefined();
      }),
      runs,
    );
  });
});

describe("changing one thing", () => {
  test("a longer request never lets more of them in", () => {
    fc.assert(
      fc.property(deployments, fc.nat(100_000), (drawn, more) => {
        const { maxContext } = drawn.architecture;
        const requests = (context: number) =>
          estimateMemory({ ...drawn, context, tokensPerRequest: context }).concurrency;
        const longer = Math.min(drawn.context + more, maxContext);
        expect(requests(longer)).toBeLessThanOrEqual(requests(drawn.context));
      }),
      runs,
    );
  });

  test("twice as many GPUs never hold more weights each", () => {
    fc.assert(
      fc.property(onGpus, (drawn) => {
        const twice = { ...drawn, tensorParallel: 2 * drawn.tensorParallel };
        fc.pre(isLegal(drawn) && isLegal(twice));
        expect(estimateMemory(twice).shares.weights).toBeLessThanOrEqual(
          estimateMemory(drawn).shares.weights,
        );
      }),
      runs,
    );
  });

  // Slices of one GPU: vLLM's batches are larger from 70 and 160 GiB on, so a larger card may hold less.
  test("a larger slice of a GPU fits whatever a smaller one does", () => {
    fc.assert(
      fc.property(onGpus, fc.double({ min: 0.1, max: 1, noNaN: true }), (drawn, share) => {
        const { gpu } = drawn;
        fc.pre(gpu !== undefined);
        const tier = (mebibytes: number) =>
          [70 * 1024, 160 * 1024].filter((from) => mebibytes >= from).length;
        const memoryMiB = Math.floor(gpu.memoryMiB * share);
        fc.pre(tier(memoryMiB) === tier(gpu.memoryMiB));
        const smaller = estimateMemory({ ...drawn, gpu: { ...gpu, memoryMiB } });
        fc.pre(smaller.problem === undefined);
        expect(estimateMemory(drawn).problem).toBeUndefined();
      }),
      runs,
    );
  });

  test("a smaller part of a GPU for the engine never leaves more for the cache", () => {
    fc.assert(
      fc.property(onGpus.filter(isLegal), fc.double({ min: 0.3, max: 1, noNaN: true }), (drawn, part) => {
        const less = { ...drawn, gpuMemoryUtilization: drawn.gpuMemoryUtilization * part };
        expect(estimateMemory(less).shares.kvCache).toBeLessThanOrEqual(estimateMemory(drawn).shares.kvCache);
      }),
      runs,
    );
  });

  test("narrower numbers in the cache never hold fewer tokens", () => {
    fc.assert(
      fc.property(onGpus, (drawn) => {
        const narrow = { ...drawn, kvCacheType: drawn.engine === "ollama" ? "q8_0" : "fp8" } as const;
        const wide = { ...drawn, kvCacheType: "auto" } as const;
        fc.pre(isLegal(narrow) && isLegal(wide));
        expect(estimateMemory(narrow).kvTokens).toBeGreaterThanOrEqual(estimateMemory(wide).kvTokens);
      }),
      runs,
    );
  });
});
