import type { GpuName } from "../catalog/gpus.ts";
import type { PurchaseOption } from "../spec/capacity.ts";
import type { BakedPlan } from "./data/baked.ts";
import type { DataPlan } from "./data/data.ts";
import type { ImagePlan } from "./data/images.ts";
import type { MirrorPlan } from "./data/mirrors.ts";
import type { EdgePlan } from "./edge/edge.ts";
import type { FoundationPlan } from "./foundation/foundation.ts";
import type { PlacementLock } from "./lock.ts";
import type { ObservabilityPlan } from "./observability/observability.ts";
import type { Placement, Role } from "./placement/problem.ts";
import type { GpuSharing } from "./sharing.ts";
import type { EmbeddingPlan } from "./sizing/embeddings.ts";
import type { VectorStorePlan } from "./sizing/vectors/store.ts";
import type { TrainingPlan } from "./training/training.ts";
import type { VolumePlan } from "./volumes.ts";

/** Everything that an environment has in AWS. */
export interface InfrastructurePlan {
  readonly region: string;
  readonly network: NetworkPlan;
  readonly nodeGroups: readonly NodeGroupPlan[];
  /** Which pod stands where, and how good that is proven to be. */
  readonly placement: Placement;
  /** The placement's choices, to be kept so that a later plan moves nothing without need. */
  readonly lock: PlacementLock;
  readonly vectors: VectorStorePlan;
  readonly embeddings: readonly EmbeddingPlan[];
  /** What trains for a while, each on a node that is there for it. */
  readonly training: readonly TrainingPlan[];
  readonly volumes: readonly VolumePlan[];
  readonly cost: CostPlan;
  readonly quotas: readonly QuotaNeed[];
  /** Network, cluster and nodes as they are created. */
  readonly foundation: FoundationPlan;
  /** What is kept outside the cluster. */
  readonly data: DataPlan;
  /** What is built and pushed to its repositories. */
  readonly images: readonly ImagePlan[];
  /** What is copied there from other registries. */
  readonly mirrors: readonly MirrorPlan[];
  /** Servers with a model's weights in them that are built and pushed there. */
  readonly baked: readonly BakedPlan[];
  /** The way in; undefined where nothing from outside gets in. */
  readonly edge: EdgePlan | undefined;
  /** Who is told what. */
  readonly observability: ObservabilityPlan;
}

/** The VPC of an environment: every address range is decided here. */
export interface NetworkPlan {
  readonly cidr: string;
  /** Range of Kubernetes Service addresses: outside the VPC, inside the cluster only. */
  readonly serviceCidr: string;
  readonly zones: readonly [string, ...string[]];
  readonly subnets: readonly SubnetPlan[];
  /** Zones with a NAT gateway: one, or all. */
  readonly natZones: readonly string[];
  /** Services reached by interface endpoints, beside the S3 gateway endpoint that is always there. */
  readonly interfaceEndpoints: readonly string[];
}

export interface SubnetPlan {
  /** `private-a`: tier and the zone's letter. */
  readonly name: string;
  /** `public`: load balancers and NAT; `private`: nodes and pods; `intra`: databases and endpoints, no way out. */
  readonly tier: "public" | "private" | "intra";
  readonly zone: string;
  readonly cidr: string;
  /** Parts kept free for the /28 prefixes of pods, as subnet CIDR reservations; empty but for `private`. */
  readonly podRanges: readonly string[];
}

/** One EKS managed node group. */
export interface NodeGroupPlan {
  /** Stable and unique in the environment: `gpu-l4-g6-xlarge-spot`. */
  readonly name: string;
  readonly role: Role;
  /** First the one that was planned with; further ones are fallbacks of the same size, for spot. */
  readonly instanceTypes: readonly [string, ...string[]];
  readonly purchase: PurchaseOption;
  /** The capacity reservation or block; undefined for spot and on-demand. */
  readonly reservation: string | undefined;
  /** What to buy when the group's own kind of capacity is out, best first. */
  readonly fallbacks: readonly PurchaseOption[];
  readonly zones: readonly string[];
  /**
   * `planned` nodes carry the plan; the group starts there and moves between `min` and `max`. None are planned for what runs
   * only for a while: those nodes come and go with it.
   */
  readonly size: { readonly min: number; readonly planned: number; readonly max: number };
  readonly gpu:
    | {
        readonly name: GpuName;
        readonly perNode: number;
        /** How each of them is shared. Default: they are whole. */
        readonly sharing?: GpuSharing | undefined;
      }
    | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly {
    readonly key: string;
    readonly value: string;
    readonly effect: "NO_SCHEDULE";
  }[];
  /** GiB of the encrypted gp3 root volume. */
  readonly rootDiskGiB: number;
  /** Whether the instance store becomes one RAID 0 under kubelet and containerd. */
  readonly instanceStore: boolean;
  /** EFA interfaces per node; 0 for none. */
  readonly efaInterfaces: number;
  /** Workloads on it, with their replicas. */
  readonly pods: Readonly<Record<string, number>>;
  /** Of the planned nodes together. */
  readonly usdPerHour: number;
}

/** What something costs, by the component that causes it. */
export interface CostItem {
  /** `nodes/gpu-l4-g6-xlarge-spot`, `network/nat`. */
  readonly component: string;
  /** For a person: "2 x g6.xlarge, spot". */
  readonly what: string;
  readonly usdPerHour: number;
  readonly basis: "listed" | "estimated";
}

export interface CostPlan {
  readonly items: readonly CostItem[];
  readonly usdPerHour: number;
  /** 730 hours. */
  readonly usdPerMonth: number;
  readonly budgetUsdPerMonth: number | undefined;
  /** What will also cost but can't be known from the plan: traffic, requests, stored objects. */
  readonly notPriced: readonly string[];
}

/** A service quota that the account must have. */
export interface QuotaNeed {
  /** `ec2`. */
  readonly service: string;
  /** `L-DB2E81BA`. */
  readonly code: string;
  readonly name: string;
  /** What the plan needs at its planned size, and at its largest. */
  readonly planned: number;
  readonly largest: number;
  /** AWS's default for a new account; undefined where it is not documented. */
  readonly awsDefault: number | undefined;
}
