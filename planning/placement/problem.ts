import type { PurchaseOption } from "../../spec/capacity.ts";
import type { GpuSharing } from "../sharing.ts";

/** The hardware that a node group exists for. Pods of one role never share a node with those of another. */
export const roles = ["system", "cpu", "embeddings", "vectors", "gpu"] as const;
export type Role = (typeof roles)[number];

/** What one pod takes of a node. Whole units, so that pods of one shape are interchangeable. */
export interface Demand {
  /** Kind of GPU, `L4`; shared cards are a kind of their own, `L4:time-slicing-2`. Undefined for none. */
  readonly gpu: string | undefined;
  /** Cards, or shares of cards. */
  readonly gpus: number;
  readonly milliCpus: number;
  readonly memoryMiB: number;
  /** Of the node's local disk. */
  readonly diskGiB: number;
}

/** One way to run each replica of a workload. */
export interface Option {
  /** Unique in its workload, such as `1xL4/awq`. */
  readonly id: string;
  readonly demand: Demand;
  /** Offers that may carry it, beyond having room: `avx512`, `nvme`. */
  readonly needs: readonly NodeFeature[];
  /** US dollars an hour added per replica, for what is worse about this option but costs no node: usually 0. */
  readonly penalty: number;
}

/** `zone:us-east-1b`: all nodes of the offer are there, as a reservation's are. */
export type NodeFeature = "avx512-vpopcntdq" | "nvme" | "efa" | `zone:${string}`;

/** Something with replicas that all run the same option. */
export interface Workload {
  readonly name: string;
  readonly role: Role;
  readonly replicas: number;
  /** How few and how many load may make of them: those are not placed, but nodes may go or be bought. Default: always as many. */
  readonly scaling?: { readonly least: number; readonly most: number } | undefined;
  /**
   * `node`: no two replicas on one node. `zone`: that, and as even over all zones of the problem as can be: a zone
   * that has the most of them has at most one more than one that has the fewest.
   */
  readonly spread: "none" | "node" | "zone";
  /**
   * Ways to buy its nodes, best first. Of each instance type the first that is offered counts. Where all of that
   * way's offers have a limit, as reservations do, the next way counts as well, and so on up to one without a limit.
   */
  readonly purchase: readonly PurchaseOption[];
  /** Pods that serve one replica together and wait for each other; each counts as a replica here. Default: 1. */
  readonly podsPerReplica?: number;
  readonly options: readonly [Option, ...Option[]];
}

/** Nodes to be had: one instance type, bought one way, with its cards whole or shared one way. */
export interface Offer {
  /** Unique: `g6.xlarge/spot`, `g6.2xlarge:time-slicing-2/spot`, `p5.48xlarge/reservation/cr-...`. */
  readonly id: string;
  readonly instanceType: string;
  /** How its cards are shared. Default: they are whole. */
  readonly sharing?: GpuSharing;
  readonly roles: readonly Role[];
  readonly purchase: PurchaseOption;
  readonly zones: readonly [string, ...string[]];
  /** Most nodes of it, over all zones; undefined for no limit of ours. */
  readonly limit: number | undefined;
  /** What one more node costs: 0 where it is paid for anyway. */
  readonly usdPerHour: number;
  /** What is left for our pods after the system's share and the daemons of every node. */
  readonly room: Demand;
  /** Most pods. */
  readonly pods: number;
  readonly features: readonly NodeFeature[];
}

/** What was chosen for a workload, and what it costs to choose anew. */
export interface Choice {
  readonly option: string;
  /** Offers that its replicas stand on; one that is gone counts for nothing. */
  readonly offers: readonly string[];
  /**
   * US dollars an hour, once for all replicas, when the option changes, one of them needs another offer, or there is no
   * place for them any more.
   */
  readonly moveCost: number;
}

export interface PlacementProblem {
  readonly workloads: readonly Workload[];
  readonly offers: readonly Offer[];
  /** The zones of the network. */
  readonly zones: readonly [string, ...string[]];
  /** Choices of the plan in force, by workload. */
  readonly previous: ReadonlyMap<string, Choice>;
}

/** One node and what stands on it. */
export interface PlacedNode {
  readonly offer: string;
  readonly zone: string;
  /** Names of workloads, one entry per replica. */
  readonly pods: readonly string[];
}

/** Why a workload can't be placed at all, for a person. */
export interface Unplaceable {
  readonly workload: string;
  readonly reason: string;
}

export interface Placement {
  /** Option per workload. */
  readonly options: ReadonlyMap<string, string>;
  readonly nodes: readonly PlacedNode[];
  readonly usdPerHour: number;
  /** Proven: no placement costs less than this, penalties and moves included. */
  readonly lowerBound: number;
  /** (cost - lowerBound) / cost with penalties and moves; 0 is proven best. */
  readonly gap: number;
  /** Whether the solver stopped at its limit instead of at the proof. */
  readonly limited: boolean;
  readonly unplaceable: readonly Unplaceable[];
}
