import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { withDefaults } from "../../../planning/sizing/vectors/collection.ts";
import { pgvectorIndexBytes } from "../../../planning/sizing/vectors/pgvector.ts";
import { qdrantBytes } from "../../../planning/sizing/vectors/qdrantCollection.ts";
import { planVectors } from "../../../planning/sizing/vectors.ts";
import type { Environment } from "../../../spec/platform.ts";
import { type CollectionSpec, retrievalSchema, vectorQuantizations } from "../../../spec/retrieval.ts";

const million = 1_000_000;
const gib = (bytes: number) => bytes / 2 ** 30;

function collection(spec: Partial<CollectionSpec> = {}): CollectionSpec {
  return { vectors: million, dimensions: 768, payloadBytes: 512, hnswM: 16, ...spec };
}

function plan(
  collections: Record<string, CollectionSpec>,
  environment: Environment = "prod",
  settings: { store?: "qdrant" | "chroma" | "pgvector"; nodes?: number } = {},
) {
  const retrieval = retrievalSchema.parse({ collections, ...settings });
  return planVectors({ environment, retrieval }, ["spot", "on-demand"]);
}

describe("Qdrant's structures, by its own examples", () => {
  const bytes = qdrantBytes(
    withDefaults("c", collection({ replication: 2, quantization: "none", payloadBytes: 1024 }), "prod"),
  );

  test("1M x 768 in two copies: 2M x 768 x 4 = 5.72 GiB of originals", () => {
    expect(gib(bytes.originals)).toBeCloseTo(5.72, 2);
  });

  test("the graph: 2M x 16 x 2 x 4 x 1.2 = 0.29 GiB", () => {
    expect(gib(bytes.graph)).toBeCloseTo(0.29, 2);
  });

  test("ids: 2M x 52 = 0.10 GiB; payload of 1 KiB: 2M x 1,024 x 1.5 = 2.86 GiB", () => {
    expect(gib(bytes.ids)).toBeCloseTo(0.1, 2);
    expect(gib(bytes.payload)).toBeCloseTo(2.86, 2);
  });

  test("indexes of payloads: twice a tenth of 1 KiB for each of 2M points, but 512 bytes of anything longer", () => {
    const of = (payloadBytes: number) =>
      qdrantBytes(withDefaults("c", collection({ replication: 2, payloadBytes }), "prod")).payloadIndexes;
    expect(of(1024)).toBeCloseTo(2 * million * 204.8, 3);
    expect(of(1_000_000)).toBe(2 * million * 512);
  });

  test.each([
    ["turbo: 4 bits, 0.72 GiB", "turbo", 0.72],
    ["scalar: 8 bits, 1.43 GiB", "scalar", 1.43],
    ["product: 16 times smaller, 0.36 GiB", "product", 0.36],
    ["binary: 1 bit, 0.18 GiB", "binary", 0.18],
  ] as const)("a quantized copy of them by %s", (_, quantization, expected) => {
    const spec = collection({ replication: 2, quantization });
    expect(gib(qdrantBytes(withDefaults("c", spec, "prod")).quantized)).toBeCloseTo(expected, 2);
  });
});

describe("a hundred million vectors of 768 dimensions", () => {
  const large = collection({ vectors: 100 * million, quantization: "scalar", replication: 1 });
  const { servers, memoryMiB, disk, workload, collections, explanations } = plan({ large });

  test("int8 and graph and ids and indexes: 76.8 + 15.4 + 5.2 + 10.2 = 107.6 GB, x 1.5 / 3 servers = 50.1 GiB each", () => {
    expect(collections[0]?.memoryBytes).toBeCloseTo(107.6e9, -8);
    expect(servers).toBe(3);
    expect(memoryMiB / 1024).toBeCloseTo(50.1, 1);
  });

  test("disk: 307.2 + 76.8 + 15.4 + 5.2 + 76.8 + 10.2 = 491.6 GB, x 2 / 3 servers = 306 GiB of instance store", () => {
    expect(disk).toEqual({ kind: "instance-store", gib: 306 });
    expect(workload?.options[0].needs).toEqual(["nvme"]);
    expect(workload?.options[0].demand).toMatchObject({ memoryMiB, diskGiB: 306, milliCpus: 6000, gpus: 0 });
  });

  test("what is on an instance store is not on spot", () => {
    expect(workload?.purchase).toEqual(["on-demand"]);
  });

  test("originals stay cold, int8 and graph are pinned, 12 shards divide over 3, 4, 6 or 12 servers", () => {
    expect(collections[0]?.qdrant).toEqual({
      vectors: { size: 768, distance: "Cosine", memory: "cold" },
      shard_number: 12,
      replication_factor: 1,
      hnsw_config: { m: 16, memory: "pinned" },
      payload: { memory: "cold" },
      quantization_config: { scalar: { type: "int8", memory: "pinned" } },
    });
  });

  test("it is explained", () => {
    expect(explanations.map(({ subject, why }) => `${subject}: ${why}`)).toEqual([
      "vectors: 3 Qdrant servers of 50.1 GiB and a 306 GiB instance store each, on nodes with nvme.",
      "vectors/large: 100,000,000 x 768: 76.8 GB of scalar copies pinned, 307.2 GB of originals on NVMe, 30.8 GB of graph, ids and payload indexes in memory, 76.8 GB of payload on disk; 12 shards in one copy.",
    ]);
  });
});

describe("defaults of a collection", () => {
  test.each([
    ["a million vectors: not quantized, in memory", { vectors: million }, "none", "memory"],
    ["one more: scalar", { vectors: million + 1 }, "scalar", "memory"],
    ["100 GB of originals: still in memory", { vectors: 25 * million, dimensions: 1000 }, "scalar", "memory"],
    ["more than 100 GB: on disk", { vectors: 25 * million, dimensions: 1001 }, "scalar", "disk"],
    [
      "more than 100 million, however small: on disk",
      { vectors: 100 * million + 1, dimensions: 8 },
      "scalar",
      "disk",
    ],
    [
      "never on disk unless something else is searched",
      { vectors: 1e9, quantization: "none" },
      "none",
      "memory",
    ],
  ] as const)("%s", (_, spec, quantization, originals) => {
    expect(withDefaults("c", collection(spec), "prod")).toMatchObject({ quantization, originals });
  });

  test("prod keeps two copies, others one, and what is written is kept", () => {
    expect(withDefaults("c", collection(), "prod").replication).toBe(2);
    expect(withDefaults("c", collection(), "staging").replication).toBe(1);
    expect(
      withDefaults("c", collection({ replication: 3, originals: "disk", quantization: "turbo" }), "dev"),
    ).toMatchObject({ replication: 3, originals: "disk", quantization: "turbo" });
  });
});

describe("a Qdrant cluster", () => {
  test("has three servers even when there is nothing in it, each of 2 GiB", () => {
    const { servers, memoryMiB, disk, workload } = plan({});
    expect({ servers, memoryMiB, disk }).toEqual({
      servers: 3,
      memoryMiB: 2048,
      disk: { kind: "volume", gib: 20 },
    });
    expect(workload).toMatchObject({ role: "vectors", replicas: 3, spread: "zone" });
    expect(workload?.options[0].demand).toMatchObject({ milliCpus: 1000, diskGiB: 1 });
  });

  test.each([
    ["points: 250M in two copies, 100M each", { vectors: 250 * million, dimensions: 8, replication: 2 }, 5],
    ["copies: five of them", { replication: 5 }, 5],
    [
      "memory: 200M x 1,536 x 4 bytes = 1,229 GB x 1.5 of 275 GB each, and the graph: 7",
      { vectors: 200 * million, dimensions: 1536, quantization: "none", replication: 1, payloadBytes: 0 },
      7,
    ],
    [
      "disk: 20M payloads of 1 MB x 1.5 = 30 TB, x 2 of 13.2 TB each, and the vectors: 5",
      { vectors: 20 * million, payloadBytes: 1_000_000, replication: 1 },
      5,
    ],
  ] as const)("has as many as it needs for %s", (_, spec, servers) => {
    expect(plan({ c: collection(spec) }).servers).toBe(servers);
  });

  test("has as many as the spec says", () => {
    expect(plan({}, "staging", { nodes: 1 }).workload).toMatchObject({ replicas: 1, spread: "none" });
    expect(plan({}, "staging", { nodes: 4 }).workload).toMatchObject({ replicas: 4, spread: "node" });
  });

  test("of one server keeps one copy, in prod too", () => {
    const { collections, servers } = plan({ c: collection() }, "prod", { nodes: 1 });
    expect(servers).toBe(1);
    expect(collections[0]).toMatchObject({ replication: 1, shards: 1 });
  });

  test.each([
    ["binary", ["avx512-vpopcntdq"]],
    ["turbo", ["avx512-vpopcntdq"]],
    ["scalar", []],
    ["product", []],
    ["none", []],
  ] as const)("asks for AVX-512 only where it helps: %s", (quantization, needs) => {
    expect(plan({ c: collection({ quantization }) }).workload?.options[0].needs).toEqual(needs);
  });

  test("leaves few cold originals on a volume: 3M x 768 x 4 bytes = 9.2 GB, but not 4M", () => {
    const of = (vectors: number) =>
      plan({ c: collection({ vectors: vectors * million, originals: "disk", replication: 1 }) });
    expect(of(3).disk.kind).toBe("volume");
    expect(of(3).workload?.purchase).toEqual(["spot", "on-demand"]);
    expect(of(4).disk.kind).toBe("instance-store");
  });

  test("warns of what may be lost", () => {
    const { warnings } = plan(
      {
        a: collection({ vectors: 200 * million, originals: "disk", replication: 1 }),
        b: collection({ quantization: "binary", dimensions: 384, replication: 2 }),
      },
      "staging",
    );
    expect(warnings).toEqual([
      "retrieval.collections.a: one copy on instance stores; what a stopped node held comes back from a snapshot only",
      "retrieval.collections.b: binary quantization loses much below 1,024 dimensions; turbo keeps more in the same space",
    ]);
  });
});

const collections = fc.dictionary(
  fc.stringMatching(/^[a-z]{1,8}$/),
  fc.record(
    {
      vectors: fc.integer({ min: 1, max: 1e10 }),
      dimensions: fc.integer({ min: 1, max: 4096 }),
      quantization: fc.option(fc.constantFrom(...vectorQuantizations), { nil: undefined }),
      originals: fc.option(fc.constantFrom("memory" as const, "disk" as const), { nil: undefined }),
      payloadBytes: fc.integer({ min: 0, max: 10_000 }),
      replication: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
      hnswM: fc.integer({ min: 4, max: 128 }),
    },
    { requiredKeys: ["vectors", "dimensions", "payloadBytes", "hnswM"] },
  ),
  { maxKeys: 5 },
);

describe("whatever the collections", () => {
  test("the servers together have 1.5 times what must be in memory, and twice what is on disk", () => {
    fc.assert(
      fc.property(collections, (specs) => {
        const { servers, memoryMiB, disk, collections: plans } = plan(specs);
        const total = (of: (collection: (typeof plans)[number]) => number) =>
          plans.reduce((sum, collection) => sum + of(collection), 0);
        expect(servers * memoryMiB * 2 ** 20).toBeGreaterThanOrEqual(
          1.5 * total((c) => c.memoryBytes) * 0.999,
        );
        expect(servers * disk.gib * 2 ** 30).toBeGreaterThanOrEqual(2 * total((c) => c.diskBytes) * 0.999);
        for (const { shards, replication, memoryBytes, diskBytes } of plans) {
          expect((shards ?? 0) % servers).toBe(0);
          expect(replication).toBeLessThanOrEqual(servers);
          expect(memoryBytes).toBeLessThanOrEqual(diskBytes);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("one collection more never takes less", () => {
    fc.assert(
      fc.property(collections, fc.integer({ min: 1, max: 1e9 }), (specs, vectors) => {
        const before = plan(specs);
        const after = plan({ ...specs, "one-more": collection({ vectors }) });
        expect(after.servers).toBeGreaterThanOrEqual(before.servers);
        // Each server's share is rounded up to a whole MiB.
        const rounding = before.servers;
        expect(after.servers * after.memoryMiB + rounding).toBeGreaterThanOrEqual(
          before.servers * before.memoryMiB,
        );
      }),
      { numRuns: 500 },
    );
  });

  test("their order changes nothing", () => {
    fc.assert(
      fc.property(collections, fc.constantFrom("qdrant", "chroma", "pgvector"), (specs, store) => {
        const reversed = Object.fromEntries(Object.entries(specs).reverse());
        expect(plan(reversed, "prod", { store })).toEqual(plan(specs, "prod", { store }));
      }),
      { numRuns: 300 },
    );
  });
});

describe("which store", () => {
  test.each([
    ["local", "chroma"],
    ["dev", "chroma"],
    ["staging", "qdrant"],
    ["prod", "qdrant"],
  ] as const)("%s takes %s unless told otherwise", (environment, store) => {
    expect(plan({}, environment).store).toBe(store);
    expect(plan({}, environment, { store: "pgvector" }).store).toBe("pgvector");
  });
});

describe("Chroma", () => {
  test("1M x 1,024: (4,096 + 128 + 4 + 8) x 1.2 = 5.1 GB, with a GiB for the rest 5,872 MiB", () => {
    const { memoryMiB, servers, disk, workload } = plan({ c: collection({ dimensions: 1024 }) }, "dev");
    expect(memoryMiB).toBe(1024 + Math.ceil((million * 4236 * 1.2) / 2 ** 20));
    expect(memoryMiB).toBe(5872);
    expect(servers).toBe(1);
    // 2 x 5.08 GB of index and 2 x 0.5 GB of payload.
    expect(disk).toEqual({ kind: "volume", gib: 11 });
    expect(workload).toMatchObject({ role: "cpu", replicas: 1, purchase: ["spot", "on-demand"] });
  });

  test("never takes less than the measured N = 0.245 R: 4.08 GB per million of 1,024 dimensions", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 * million }), (vectors) => {
        const { memoryMiB } = plan({ c: collection({ vectors, dimensions: 1024 }) }, "dev");
        expect(memoryMiB * 2 ** 20).toBeGreaterThan((vectors / million / 0.245) * 1e9);
      }),
    );
  });

  test("starts at 2 GiB", () => {
    expect(plan({}, "dev")).toMatchObject({ memoryMiB: 2048, milliCpus: 500, disk: { gib: 10 } });
  });

  test("warns where it was never tested: beyond 7 million vectors", () => {
    const of = (vectors: number) => plan({ c: collection({ vectors }) }, "dev").warnings;
    expect(of(7 * million)).toEqual([]);
    expect(of(7 * million + 1)).toEqual([
      "retrieval: 7,000,001 vectors in Chroma, which was tested up to 7 million",
    ]);
  });
});

describe("pgvector's index", () => {
  const of = (dimensions: number, hnswM = 16) =>
    pgvectorIndexBytes(withDefaults("c", collection({ dimensions, hnswM }), "dev"));

  test.each([
    ["384: element 1,620 + neighbours 212, 4 on a page", 384, million / 4],
    ["768: element 3,156 + neighbours 212, 2 on a page", 768, million / 2],
    ["946, the most of which 2 fit: element 3,868 + neighbours 212 = 4,080", 946, million / 2],
    ["947: one more, and half as many fit", 947, million],
    ["1,024: element 4,180 + neighbours 212, 1 on a page", 1024, million],
    ["1,536: a page each, 7.6 GiB for a million", 1536, million],
  ])("of %s", (_, dimensions, pages) => {
    expect(of(dimensions)).toBe(pages * 8192);
  });

  test("puts the neighbours on pages of their own where a pair doesn't fit: 2,000 x 4 + 84 and 212", () => {
    expect(of(2000)).toBe(Math.ceil(million * (1 + 212 / 8160)) * 8192);
  });

  test("is memory that PostgreSQL needs on top, and has no pods of its own", () => {
    const { workload, servers, memoryMiB, disk } = plan({ c: collection() }, "dev", { store: "pgvector" });
    expect({ workload, servers }).toEqual({ workload: undefined, servers: 0 });
    // 500,000 pages.
    expect(memoryMiB).toBe(3907);
    // Two indexes of 4.1 GB, and rows of 28 + 8 + 3,072 + 512 bytes x 1.2 = 4.3 GB.
    expect(disk).toEqual({ kind: "volume", gib: 12 });
  });
});
