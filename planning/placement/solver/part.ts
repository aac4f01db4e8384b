import type { Highs } from "highs";
import { firstFit } from "../baselines.ts";
import { costOf } from "../cost.ts";
import { type Fleet, relaxZones } from "../fleet/fleet.ts";
import { shelvesOf } from "../pattern.ts";
import type { PlacedNode, PlacementProblem, Workload } from "../problem.ts";
import { assign, shortagesAnywhere } from "./assign.ts";
import { completeColumns } from "./complete.ts";
import { fillByWorth } from "./fill.ts";
import { type Generated, generateColumns } from "./generate.ts";
import { type Column, moveTie } from "./master.ts";
import { type Decision, dive } from "./round.ts";
import { searchColumns } from "./search.ts";
import type { Shortage } from "./seating.ts";

/** What was found for some workloads. */
export interface Found {
  readonly options: ReadonlyMap<string, string>;
  readonly nodes: readonly PlacedNode[];
}

export interface PartLimits {
  /** Whether the answer shall be proven best. */
  readonly exact: boolean;
  /** Share of the cost by which the relaxation's bound may fall short of what it could be. */
  readonly tolerance: number;
  /** Nodes of a branch-and-bound tree. */
  readonly nodes: number;
  /** For each call of the solver. */
  readonly seconds: number;
}

/** Patterns up to which the solver gets all that matter, so that it can prove its answer best. */
const mostColumns = 4000;
/** Times that the program is solved again because replicas that may not meet had too few nodes. */
const mostRounds = 30;

/** One independent part of a problem, with the best placement and the best bound so far. */
export class Part {
  readonly #highs: Highs;
  readonly #problem: PlacementProblem;
  readonly #fleet: Fleet;
  readonly #limits: PartLimits;
  readonly #workloads: ReadonlyMap<string, Workload>;
  readonly #exclusion: number;
  readonly #generated: Generated;
  #best: Found;
  #bound: number;
  #limited = false;

  /**
   * Solves the relaxation and rounds it.
   * @param problem with the workloads of the fleet and no others
   */
  constructor(highs: Highs, problem: PlacementProblem, fleet: Fleet, limits: PartLimits) {
    this.#highs = highs;
    this.#problem = problem;
    this.#fleet = fleet;
    this.#limits = limits;
    this.#workloads = new Map(problem.workloads.map((workload) => [workload.name, workload]));
    this.#exclusion = exclusionPrice(fleet);
    const relaxed = relaxZones(fleet);
    this.#generated = generateColumns(highs, relaxed, this.#exclusion, limits.tolerance);
    this.#bound = this.#generated.bound.cost;
    const { kept, rounded } = this.#generated;
    this.#best = this.#realised(rounded);
    if (kept) this.#improve(this.#realised(kept));
    if (limits.exact) this.#improve(firstFit(problem));
  }

  get best(): Found {
    return this.#best;
  }

  /** No placement that leaves out as few workloads costs less. */
  get lowerBound(): number {
    return this.#bound - this.#exclusion * (this.#workloads.size - this.#best.options.size);
  }

  /** US dollars an hour between the cost of the best and the bound. */
  get gap(): number {
    return Math.max(0, this.#price(this.#best) - this.#bound);
  }

  get limited(): boolean {
    return this.#limited;
  }

  /** Solves for whole numbers, until the gap is at most `slack`: first with a plan in force kept, then freely. */
  search(slack: number): void {
    const relaxed = relaxZones(this.#fleet);
    const anywhere = (decision: Decision) => shortagesAnywhere(relaxed, this.#workloads, decision);
    const inZones = (decision: Decision) => assign(this.#fleet, this.#workloads, decision).shortages;
    const { kept } = this.#generated;
    if (kept) this.#searchOver(relaxed, slack, anywhere, kept.ways);
    if (this.gap > slack) this.#searchOver(relaxed, slack, anywhere, undefined);
    if (this.gap > slack) this.#searchOver(this.#fleet, slack, inZones, undefined);
  }

  #searchOver(
    fleet: Fleet,
    slack: number,
    shortagesOf: (decision: Decision) => ReadonlyMap<number, Shortage>,
    ways: Decision["ways"] | undefined,
  ): void {
    const { bound, columns } = this.#generated;
    const cost = this.#price(this.#best);
    const all = completeColumns(fleet, shelvesOf(fleet), bound, cost, mostColumns);
    if (!all) {
      // With zones a dive takes several times as long and comes out hardly better.
      if (!this.#limits.exact && fleet === this.#fleet) return;
      const decision = dive(this.#highs, fleet, this.#exclusion, inEachZone(fleet, columns), ways);
      if (decision) this.#improve(this.#realised(decision));
      if (!this.#limits.exact || this.gap <= slack) return;
    }
    const limits = { ...this.#limits, slack, rounds: mostRounds };
    const searched = searchColumns(
      this.#highs,
      fleet,
      all ?? columns,
      this.#exclusion,
      limits,
      shortagesOf,
      ways,
    );
    if (searched.decision) this.#improve(this.#realised(searched.decision));
    if (ways) return;
    this.#limited ||= searched.limited;
    // What complete columns leave out is dearer than what was known before.
    const ties = moveTie * this.#problem.previous.size;
    if (all) this.#bound = Math.max(this.#bound, Math.min(searched.bound - ties, cost));
  }

  #improve(other: Found): void {
    if (this.#price(other) < this.#price(this.#best)) this.#best = other;
  }

  #price(found: Found): number {
    return costOf(this.#problem, found).total + this.#exclusion * (this.#workloads.size - found.options.size);
  }

  /** Nodes with zones and pods with names for what was decided in numbers, and places for what was left open. */
  #realised(decision: Decision): Found {
    const { chosen, packing } = assign(this.#fleet, this.#workloads, decision);
    const { prices } = this.#generated.bound;
    const left = new Set(fillByWorth(this.#fleet, shelvesOf(this.#fleet), prices, packing, chosen));
    for (const { option, workload } of left) packing.remove(workload, option.demand);
    const placed = chosen.filter((choice) => !left.has(choice));
    return {
      options: new Map(placed.map(({ option, workload }) => [workload.name, option.id])),
      nodes: packing.placed(),
    };
  }
}

/** Columns whose zone was left open, once for each zone, where zones matter to them. */
function inEachZone({ hosts, shapes }: Fleet, columns: readonly Column[]): Column[] {
  return columns.flatMap((column): Column[] => {
    const host = hosts[column.host.index];
    if (!host) return [];
    if (column.zone !== undefined || host.floats) return [{ ...column, host }];
    if (!column.slots.some(({ shape }) => shapes[shape]?.zoned)) return [{ ...column, host }];
    return host.zones.map((zone) => ({ ...column, host, zone }));
  });
}

/** More than leaving a workload out can ever save: what all cost on nodes of their own, and what all moves cost. */
function exclusionPrice({ groups, hosts, kinds, shapes }: Fleet): number {
  const costs = groups.map(({ leaving = 0, members, replicas, ways }) => {
    const ofWays = ways.map(({ cost, kind }) => {
      const able = shapes[kinds[kind]?.shape ?? -1]?.hosts ?? [];
      const prices = able.map((host) => hosts[host]?.offer.usdPerHour ?? 0);
      return cost + replicas * Math.max(...prices);
    });
    return members.length * (leaving + Math.max(...ofWays));
  });
  return 1 + costs.reduce((sum, cost) => sum + cost, 0);
}
