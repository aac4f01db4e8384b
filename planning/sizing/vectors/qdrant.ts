import type { PurchaseOption } from "../../../spec/capacity.ts";
import type { Environment } from "../../../spec/platform.ts";
import type { Explanation } from "../../explain.ts";
import type { NodeFeature, Option } from "../../placement/problem.ts";
import { gibibytes } from "../../text.ts";
import type { Collection } from "./collection.ts";
import { type QdrantBytes, qdrantBytes, qdrantSettings } from "./qdrantCollection.ts";
import { gigabytes, shapeOf, sum, type VectorStorePlan } from "./store.ts";

const gibibyte = 2 ** 30;

/**
 * What a server must have for each byte that it keeps in memory: 20 % of headroom for the page cache and the optimizer,
 * on a node that is at most 80 % full. 1.2 / 0.8 = 1.5.
 * Source: Qdrant documentation, "Capacity Planning", "Putting It Together" and "Node Count", as of 1.19.
 */
const memoryFactor = 1.2 / 0.8;

/**
 * Disk for each byte of data: a rebuild of the segments after a changed setting, and restoring a snapshot, write a
 * second copy beside the first; the write-ahead log is small beside that.
 * Source: Qdrant documentation, "Capacity Planning": a restore needs twice the disk of the collection.
 */
const diskFactor = 2;

/** Least of a server: Qdrant idles at some 100 MB, and needs room to index. */
const least = { servers: 3, memoryMiB: 2048, diskGiB: 20 };

/** Where one server ends: Qdrant's "tops out around 100 million vectors", and what nodes of 16xlarge size can give. */
const most = { points: 100_000_000, memoryBytes: 256 * gibibyte, diskBytes: 12_288 * gibibyte };

/** Originals that a network volume may hold cold: so few that the page cache keeps what is searched. */
const coldOnVolumeBytes = 10e9;

/** Shards that suit 1, 2, 3, 4, 6 and 12 servers without recreating the collection (same page, "Shard Count"). */
const growingShards = 12;

/** Collections up to here get one shard per server: they will not outgrow the servers. */
const smallVectors = 1_000_000;

/**
 * A Qdrant cluster for all collections together.
 *
 * Servers: three at least, because Raft needs a majority; as many as there are copies; and so many that none is above
 * 100 million vectors, 256 GiB of memory or 12 TiB of disk. CPUs: Qdrant gives no formula. A server takes the CPUs that
 * come with its memory on memory-optimised nodes, one per 8 GiB, so that they never decide the size of a node.
 *
 * Originals on disk want local NVMe: Qdrant's documentation ("Memory Tiers") calls network storage too slow. What lies
 * there is gone when the node stops, so it is never on spot. AVX-512 is asked for with binary or TurboQuant only: the
 * distances of floats and int8 use AVX2 (Qdrant 1.19.0, lib/quantization/src, `encoded_vectors_binary.rs` and
 * `turboquant`).
 */
export function planQdrant(
  collections: readonly Collection[],
  environment: Environment,
  nodes: number | undefined,
  purchase: readonly PurchaseOption[],
): VectorStorePlan {
  const sized = collections.map((collection) => ({ collection, bytes: qdrantBytes(collection) }));
  const memoryBytes = sum(sized.map(({ collection, bytes }) => resident(collection, bytes))) * memoryFactor;
  const diskBytes = sum(sized.map(({ bytes }) => stored(bytes))) * diskFactor;
  const servers = nodes ?? serversFor(collections, memoryBytes, diskBytes);
  const memoryMiB = Math.max(least.memoryMiB, Math.ceil(memoryBytes / servers / 2 ** 20));
  const diskGiB = Math.max(least.diskGiB, Math.ceil(diskBytes / servers / gibibyte));
  const milliCpus = 1000 * Math.max(1, Math.floor(memoryMiB / 1024 / 8));
  const cold = sum(
    sized.map(({ collection, bytes }) => (collection.originals === "disk" ? bytes.originals : 0)),
  );
  const local = cold > coldOnVolumeBytes;
  const needs: NodeFeature[] = [
    ...(local ? (["nvme"] as const) : []),
    ...(collections.some(usesAvx512) ? (["avx512-vpopcntdq"] as const) : []),
  ];
  const option: Option = {
    id: "server",
    demand: { gpu: undefined, gpus: 0, milliCpus, memoryMiB, diskGiB: local ? diskGiB : 1 },
    needs,
    penalty: 0,
  };
  const plans = sized.map(({ collection, bytes }) => {
    const shards = shardsFor(collection, servers);
    return {
      ...collection,
      memoryBytes: resident(collection, bytes),
      diskBytes: stored(bytes),
      shards,
      qdrant: qdrantSettings(collection, shards),
    };
  });
  const where = local ? "instance store" : "gp3 volume";
  const cluster: Explanation = {
    subject: "vectors",
    why: `${servers} Qdrant ${servers === 1 ? "server" : "servers"} of ${gibibytes(memoryMiB)} and a ${diskGiB} GiB ${where} each${needs.length > 0 ? `, on nodes with ${needs.join(" and ")}` : ""}.`,
  };
  return {
    store: "qdrant",
    servers,
    milliCpus,
    memoryMiB,
    disk: { kind: local ? "instance-store" : "volume", gib: diskGiB },
    collections: plans,
    workload: {
      name: "qdrant",
      role: "vectors",
      replicas: servers,
      spread: servers === 1 ? "none" : environment === "prod" ? "zone" : "node",
      purchase: local ? withoutSpot(purchase) : purchase,
      options: [option],
    },
    explanations: [
      cluster,
      ...sized.map(({ collection, bytes }) => explain(collection, bytes, servers, local)),
    ],
    warnings: collections.flatMap((collection) => warningsOf(collection, local)),
  };
}

/** What must be in memory at all times. */
function resident({ originals }: Collection, bytes: QdrantBytes): number {
  const { quantized, graph, ids, payloadIndexes } = bytes;
  return (originals === "memory" ? bytes.originals : 0) + quantized + graph + ids + payloadIndexes;
}

/** Everything is on disk, wherever else it is. */
function stored({ originals, quantized, graph, ids, payload, payloadIndexes }: QdrantBytes): number {
  return originals + quantized + graph + ids + payload + payloadIndexes;
}

function serversFor(collections: readonly Collection[], memoryBytes: number, diskBytes: number): number {
  const points = sum(collections.map(({ vectors, replication }) => vectors * replication));
  return Math.max(
    least.servers,
    ...collections.map(({ replication }) => replication),
    Math.ceil(points / most.points),
    Math.ceil(memoryBytes / most.memoryBytes),
    Math.ceil(diskBytes / most.diskBytes),
  );
}

/** A multiple of the servers, or some would hold more than others; each costs something, so small ones get no more. */
function shardsFor({ vectors }: Collection, servers: number): number {
  return vectors <= smallVectors ? servers : servers * Math.ceil(growingShards / servers);
}

function usesAvx512({ quantization }: Collection): boolean {
  return quantization === "binary" || quantization === "turbo";
}

function withoutSpot(purchase: readonly PurchaseOption[]): readonly PurchaseOption[] {
  const rest = purchase.filter((way) => way !== "spot");
  return rest.length > 0 ? rest : ["on-demand"];
}

function explain(collection: Collection, bytes: QdrantBytes, servers: number, local: boolean): Explanation {
  const { name, originals, quantization, replication } = collection;
  const place = originals === "memory" ? "in memory" : local ? "on NVMe" : "on disk";
  const copy =
    quantization === "none" ? "" : `${gigabytes(bytes.quantized)} of ${quantization} copies pinned, `;
  return {
    subject: `vectors/${name}`,
    why: [
      `${shapeOf(collection)}: ${copy}${gigabytes(bytes.originals)} of originals ${place},`,
      `${gigabytes(bytes.graph + bytes.ids + bytes.payloadIndexes)} of graph, ids and payload indexes in memory,`,
      `${gigabytes(bytes.payload)} of payload on disk;`,
      `${shardsFor(collection, servers)} shards in ${replication === 1 ? "one copy" : `${replication} copies`}.`,
    ].join(" "),
  };
}

function warningsOf({ name, dimensions, quantization, replication }: Collection, local: boolean): string[] {
  const path = `retrieval.collections.${name}`;
  return [
    ...(local && replication === 1
      ? [`${path}: one copy on instance stores; what a stopped node held comes back from a snapshot only`]
      : []),
    ...(quantization === "binary" && dimensions < 1024
      ? [`${path}: binary quantization loses much below 1,024 dimensions; turbo keeps more in the same space`]
      : []),
  ];
}
