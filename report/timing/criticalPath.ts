/** Something that takes time, and what has to end before it begins. */
export interface Task {
  readonly id: string;
  /** 0 or more. */
  readonly seconds: number;
  /** Ids of others; those of none of the tasks are as good as ended. */
  readonly after: readonly string[];
}

/** When something begins and ends, in seconds since the first begins. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface CriticalPath {
  /** The longest chain, from the first task to the last: each waits for the one before. */
  readonly chain: readonly Task[];
  /** How long the chain takes: no run is shorter, however much of it goes on at once. */
  readonly seconds: number;
  /** How long the tasks take one after another. */
  readonly sum: number;
  /** When each task begins and ends where each begins as soon as it can. */
  readonly earliest: ReadonlyMap<string, Span>;
  /** By how many seconds each task may take longer before the whole does. */
  readonly slack: ReadonlyMap<string, number>;
}

/** Tasks that wait for each other in a circle can't begin. */
export class CircularDependency extends Error {
  override readonly name = "CircularDependency";
}

/**
 * The longest chain of dependencies, by the critical path method: forward for the earliest times, back for the latest.
 * Source: Kelley and Walker, "Critical-Path Planning and Scheduling", 1959.
 * @throws CircularDependency
 */
export function criticalPath(tasks: readonly Task[]): CriticalPath {
  const ordered = inOrder(tasks);
  const earliest = new Map<string, Span>();
  const before = new Map<string, Task>();
  const byId = new Map(ordered.map((task) => [task.id, task]));
  for (const task of ordered) {
    const last = lastOf(
      task.after.flatMap((id) => byId.get(id) ?? []),
      earliest,
    );
    if (last !== undefined) before.set(task.id, last);
    const start = last === undefined ? 0 : (earliest.get(last.id)?.end ?? 0);
    earliest.set(task.id, { start, end: start + task.seconds });
  }
  const chain: Task[] = [];
  const end = lastOf(ordered, earliest);
  for (let task = end; task !== undefined; task = before.get(task.id)) chain.unshift(task);
  const seconds = end === undefined ? 0 : (earliest.get(end.id)?.end ?? 0);
  return {
    chain,
    seconds,
    sum: tasks.reduce((sum, task) => sum + task.seconds, 0),
    earliest,
    slack: slackOf(ordered, earliest, seconds),
  };
}

/** The one that ends last. */
function lastOf(tasks: readonly Task[], earliest: ReadonlyMap<string, Span>): Task | undefined {
  const endOf = ({ id }: Task) => earliest.get(id)?.end ?? 0;
  return tasks.reduce<Task | undefined>(
    (last, task) => (last === undefined || endOf(task) > endOf(last) ? task : last),
    undefined,
  );
}

function slackOf(
  ordered: readonly Task[],
  earliest: ReadonlyMap<string, Span>,
  seconds: number,
): ReadonlyMap<string, number> {
  const latestEnd = new Map<string, number>();
  for (const task of [...ordered].reverse()) {
    const start = (latestEnd.get(task.id) ?? seconds) - task.seconds;
    for (const id of task.after) latestEnd.set(id, Math.min(latestEnd.get(id) ?? seconds, start));
  }
  return new Map(
    ordered.map(({ id }) => [id, (latestEnd.get(id) ?? seconds) - (earliest.get(id)?.end ?? 0)]),
  );
}

/** Each task after those that it waits for. */
function inOrder(tasks: readonly Task[]): Task[] {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const ordered: Task[] = [];
  const state = new Map<string, "open" | "done">();
  // By hand: a chain may be longer than the stack is deep.
  for (const first of tasks) {
    const open = [first];
    for (let task = open.at(-1); task !== undefined; task = open.at(-1)) {
      const next = state.has(task.id)
        ? task.after.flatMap((id) => byId.get(id) ?? []).find(({ id }) => state.get(id) !== "done")
        : undefined;
      if (state.get(task.id) === "done") open.pop();
      else if (!state.has(task.id)) state.set(task.id, "open");
      else if (next === undefined) {
        state.set(task.id, "done");
        ordered.push(task);
        open.pop();
      } else if (state.get(next.id) === "open") {
        throw new CircularDependency(`${next.id} waits for itself`);
      } else open.push(next);
    }
  }
  return ordered;
}
