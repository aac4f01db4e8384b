import type { Gpu } from "../../catalog/gpus.ts";
import { nodesOfPipeline } from "../../catalog/models/parallelism.ts";
import type { QuantizationName } from "../../catalog/quantizations.ts";
import type { ModelSpec } from "../../spec/models.ts";
import { estimateMemory } from "../memory/fit.ts";
import type { Workload } from "../placement/problem.ts";
import type { Candidate, ModelRequest, Refusal } from "./models.ts";
import { deploymentOf, optionOf, optionOfPods, seenBy } from "./ways.ts";

/**
 * On reserved nodes, one way for each zone with some, as few nodes as have the GPUs: whole stages on each, so that layers are
 * split within a node and the network carries activations only. Reserved, because those are in one zone: pods of a replica
 * wait for each other, and a node of a group over several zones may come up in another one than the rest.
 */
export function overSeveralNodes(
  request: ModelRequest,
  kind: Gpu,
  quantization: QuantizationName,
): (Candidate | Refusal)[] {
  const { reserved = [], spec } = request;
  const { pipelineParallel = 1, tensorParallel = 1 } = spec;
  const id = `${kind.name}/${quantization}`;
  const share = seenBy(kind, spec);
  if ("problem" in share) return [{ id, reason: share.problem }];
  const deployment = deploymentOf(request, "vllm", share, quantization, tensorParallel, pipelineParallel);
  const memory = estimateMemory(deployment);
  if (memory.problem !== undefined) return [{ id, reason: memory.problem }];
  const there = reserved.filter(({ gpu: name }) => name === kind.name);
  if (there.length === 0) {
    const wanted = tensorParallel * pipelineParallel;
    return [
      { id, reason: `no node has ${wanted} of them, and no reservation or capacity block has several nodes` },
    ];
  }
  const places = new Map(there.map((nodes) => [`${nodes.perNode} ${nodes.zone}`, nodes]));
  return [...places.values()].map(({ perNode, zone }) => {
    const podsPerReplica = nodesOfPipeline(tensorParallel, pipelineParallel, perNode);
    if (podsPerReplica === undefined) {
      const reason = `${pipelineParallel} groups of ${tensorParallel} don't come out even on nodes of ${perNode}`;
      return { id: `${id}@${zone}`, reason };
    }
    const option = optionOfPods(optionOf(deployment, memory, spec), podsPerReplica, zone);
    return { option, podsPerReplica, zone, deployment, memory };
  });
}

/** Whatever the environment's order is: nothing else can carry it. */
export function reservedWays({
  purchase = ["reservation", "capacity-block"],
}: ModelSpec): Workload["purchase"] {
  const reserved = purchase.filter((way) => way === "reservation" || way === "capacity-block");
  // Placement says what is missing.
  return reserved.length > 0 ? reserved : purchase;
}
