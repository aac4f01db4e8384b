import { type CriticalPath, criticalPath, type Span, type Task } from "./criticalPath.ts";
import { among, type Node } from "./graph.ts";
import type { Work } from "./run.ts";

/** A resource of a run. */
export interface TimedResource extends Work {
  /** `mlflow`. */
  readonly name: string;
  /** `aws:rds/instance:Instance`. */
  readonly type: string;
  /** URN of what it waited for longest. */
  readonly waitedFor: string | undefined;
  /** Seconds between the end of that and its own beginning: the program, or other resources, were in the way. */
  readonly idle: number;
  /** Seconds that it takes where it is real, for what was simulated. */
  readonly usual: number | undefined;
}

/** Where the time of a run went. */
export interface Timing {
  readonly resources: readonly TimedResource[];
  /** Seconds from the first beginning to the last end. */
  readonly wallClock: number;
  /** By the seconds that were measured. */
  readonly measured: CriticalPath;
  /** By the seconds that the same takes at AWS, for a simulated run: known times, and else what was measured. */
  readonly usual: CriticalPath | undefined;
}

/** `aws:eks/cluster:Cluster` out of a URN. Source: Pulumi SDK, "URNs": the type chain ends with the resource's own. */
export function typeOf(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

/** A resource as people call it: `Cluster cluster`. */
export function labelOf(urn: string): string {
  const type = typeOf(urn);
  return `${type.slice(type.lastIndexOf(":") + 1)} ${urn.slice(urn.lastIndexOf("::") + 2)}`;
}

/**
 * Where the time of a run went, of the resources that a provider made or changed in it.
 * @param graph the stack after the run
 * @param usualSeconds what creating a resource of a type takes where it is real; undefined for a run that was
 */
export function timingOf(
  works: readonly Work[],
  graph: readonly Node[],
  usualSeconds?: (type: string) => number | undefined,
): Timing {
  const custom = new Set(graph.filter((node) => node.custom).map(({ urn }) => urn));
  const timed = [
    ...new Map(works.filter(({ urn }) => custom.has(urn)).map((work) => [work.urn, work])).values(),
  ];
  const after = among(graph, new Set(timed.map(({ urn }) => urn)));
  const ends = new Map(timed.map(({ end, urn }) => [urn, end]));
  const resources = timed
    .map((work) => {
      const waitedFor = lastEnded(after.get(work.urn) ?? [], ends);
      return {
        ...work,
        name: work.urn.slice(work.urn.lastIndexOf("::") + 2),
        type: typeOf(work.urn),
        waitedFor,
        idle: work.start - (waitedFor === undefined ? 0 : (ends.get(waitedFor) ?? 0)),
        usual: usualSeconds?.(typeOf(work.urn)),
      };
    })
    .sort((a, b) => a.start - b.start);
  const path = (seconds: (resource: TimedResource) => number) =>
    criticalPath(
      resources.map(
        (resource): Task => ({
          id: resource.urn,
          seconds: seconds(resource),
          after: after.get(resource.urn) ?? [],
        }),
      ),
    );
  const lasted = ({ end, start }: Span) => end - start;
  return {
    resources,
    wallClock: Math.max(0, ...resources.map(({ end }) => end)) - (resources[0]?.start ?? 0),
    measured: path(lasted),
    usual: usualSeconds && path((resource) => resource.usual ?? lasted(resource)),
  };
}

function lastEnded(urns: readonly string[], ends: ReadonlyMap<string, number>): string | undefined {
  const endOf = (urn: string) => ends.get(urn) ?? 0;
  return urns.reduce<string | undefined>(
    (last, urn) => (last === undefined || endOf(urn) > endOf(last) ? urn : last),
    undefined,
  );
}
