import type * as pulumi from "@pulumi/pulumi";
import type { EdgePlan } from "../planning/edge/edge.ts";
import type { FoundationPlan } from "../planning/foundation/foundation.ts";
import type { InfrastructurePlan } from "../planning/infrastructure.ts";
import type { CostComponent } from "../planning/ownership.ts";
import { Data } from "./data/data.ts";
import { Images, type ImagesArgs } from "./data/images.ts";
import { Edge } from "./edge/edge.ts";
import { Foundation } from "./foundation/foundation.ts";
import type { Peer } from "./kubernetes/network.ts";
import { Observability } from "./observability/observability.ts";

export type AwsGroundArgs = Pick<
  InfrastructurePlan,
  "baked" | "data" | "edge" | "foundation" | "images" | "mirrors" | "observability"
> & {
  /** What the images are built from. */
  readonly sources: ImagesArgs["sources"];
};

/** What the services stand on. */
export interface AwsGround {
  readonly foundation: Foundation;
  readonly data: Data;
  readonly images: Images;
  readonly edge: Edge | undefined;
  readonly region: string;
  /** By the part of the bill that something is on. */
  readonly tags: Readonly<Record<CostComponent, Readonly<Record<string, string>>>>;
}

/**
 * @param scrapers who collects metrics
 * @param hubToken token of Hugging Face, for gated models that are baked
 */
export function createAws(
  plans: AwsGroundArgs,
  scrapers: readonly Peer[],
  hubToken: pulumi.Input<string> | undefined,
  opts: { readonly parent: pulumi.Resource },
): AwsGround {
  const { protectState, region, tags } = plans.foundation;
  const foundation = new Foundation("foundation", { plan: plans.foundation, scrapers }, opts);
  const data = new Data("data", { plan: plans.data, region, tags, protectState }, opts);
  const { baked, images: plansOfImages, mirrors, sources } = plans;
  const images = new Images(
    "images",
    { plans: plansOfImages, mirrors, baked, sources, data, region, hubToken },
    opts,
  );
  const edge = plans.edge && createEdge(plans.edge, plans.foundation, { foundation, data }, opts);
  new Observability(
    "observability",
    { plan: plans.observability, region, tags: tags.others, foundation, edge },
    opts,
  );
  return { foundation, data, images, edge, region, tags };
}

function createEdge(
  plan: EdgePlan,
  { protectState, tags }: FoundationPlan,
  { data, foundation }: Pick<AwsGround, "data" | "foundation">,
  opts: { readonly parent: pulumi.Resource },
): Edge {
  return new Edge(
    "edge",
    {
      plan,
      vpcId: foundation.network.vpcId,
      subnetIds: foundation.network.publicSubnetIds,
      nodesSecurityGroupId: foundation.securityGroupId,
      autoscalingGroups: foundation.autoscalingGroups(plan.nodeGroups),
      accessLogsBucket: data.bucket("access-logs").bucket,
      tags: tags.network,
      protectState,
    },
    opts,
  );
}
