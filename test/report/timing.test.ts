import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { durations, usualSeconds } from "../../catalog/durations.ts";
import { CircularDependency, criticalPath, type Task } from "../../report/timing/criticalPath.ts";
import { timingDocument, timingSchema } from "../../report/timing/document.ts";
import { ticksOf, timingPage } from "../../report/timing/gantt.ts";
import { among, graphOf } from "../../report/timing/graph.ts";
import { type StepEvent, stepEventOf, worksOf } from "../../report/timing/run.ts";
import { schedule } from "../../report/timing/schedule.ts";
import { atAws, lasting, renderTiming, timingMarkdown } from "../../report/timing/text.ts";
import { labelOf, timingOf, typeOf } from "../../report/timing/timing.ts";

/** Tasks that wait for some of those before them, in any order. Whole seconds keep sums exact. */
const graphs = fc
  .array(
    fc.record({ seconds: fc.nat({ max: 50 }), after: fc.array(fc.nat({ max: 30 }), { maxLength: 4 }) }),
    {
      maxLength: 30,
    },
  )
  .map((drawn): Task[] =>
    drawn.map(({ after, seconds }, index) => ({
      id: `${index}`,
      seconds,
      after: [...new Set(after.filter((other) => other < index).map(String))],
    })),
  )
  .chain((tasks) => fc.shuffledSubarray(tasks, { minLength: tasks.length }));

describe("the critical path", () => {
  test("is a chain of dependencies, and as long as its tasks", () => {
    fc.assert(
      fc.property(graphs, (tasks) => {
        const { chain, seconds } = criticalPath(tasks);
        expect(chain.reduce((sum, task) => sum + task.seconds, 0)).toBe(seconds);
        for (const [index, task] of chain.slice(1).entries()) expect(task.after).toContain(chain[index]?.id);
      }),
    );
  });

  test("is the longest: no chain that is walked at random is longer", () => {
    fc.assert(
      fc.property(graphs, fc.infiniteStream(fc.nat()), (tasks, choices) => {
        const byId = new Map(tasks.map((task) => [task.id, task]));
        let length = 0;
        for (let task = tasks.at(0); task !== undefined; ) {
          length += task.seconds;
          const next = task.after[(choices.next().value ?? 0) % Math.max(task.after.length, 1)];
          task = next === undefined ? undefined : byId.get(next);
        }
        expect(length).toBeLessThanOrEqual(criticalPath(tasks).seconds);
      }),
    );
  });

  test("is no longer than any run takes, which is no longer than one after another", () => {
    fc.assert(
      fc.property(graphs, fc.integer({ min: 1, max: 8 }), (tasks, slots) => {
        const { seconds, sum } = criticalPath(tasks);
        const wallClock = schedule(tasks, slots);
        expect(seconds).toBeLessThanOrEqual(wallClock);
        expect(wallClock).toBeLessThanOrEqual(sum);
        expect(schedule(tasks, 1)).toBe(sum);
        expect(schedule(tasks, tasks.length + 1)).toBe(seconds);
      }),
    );
  });

  test("is never shorter with one more dependency, or with a task that takes longer", () => {
    fc.assert(
      fc.property(graphs, fc.nat(), fc.nat(), fc.nat({ max: 9 }), (tasks, one, two, more) => {
        const before = criticalPath(tasks).seconds;
        const [low, high] = [one % (tasks.length + 1), two % (tasks.length + 1)].sort((a, b) => a - b);
        const changed = tasks.map((task) => ({
          ...task,
          seconds: task.id === `${low}` ? task.seconds + more : task.seconds,
          after: task.id === `${high}` && low !== high ? [...task.after, `${low}`] : task.after,
        }));
        expect(criticalPath(changed).seconds).toBeGreaterThanOrEqual(before);
      }),
    );
  });

  test("leaves to each task the slack by which it may grow, and no more", () => {
    fc.assert(
      fc.property(graphs, fc.nat(), (tasks, choice) => {
        const { chain, seconds, slack } = criticalPath(tasks);
        for (const { id } of chain) expect(slack.get(id)).toBe(0);
        const chosen = tasks[choice % Math.max(tasks.length, 1)];
        if (chosen === undefined) return;
        const grown = (by: number) =>
          criticalPath(
            tasks.map((task) => (task === chosen ? { ...task, seconds: task.seconds + by } : task)),
          ).seconds;
        expect(grown(slack.get(chosen.id) ?? 0)).toBe(seconds);
        expect(grown((slack.get(chosen.id) ?? 0) + 1)).toBe(seconds + 1);
      }),
    );
  });

  test("of tasks in a circle is refused, and of none is nothing", () => {
    const circle = [
      { id: "a", seconds: 1, after: ["b"] },
      { id: "b", seconds: 1, after: ["a"] },
    ];
    expect(() => criticalPath(circle)).toThrow(CircularDependency);
    expect(() => criticalPath([{ id: "a", seconds: 1, after: ["a"] }])).toThrow(CircularDependency);
    expect(criticalPath([])).toMatchObject({ chain: [], seconds: 0, sum: 0 });
  });

  test("goes by chains that are longer than a stack is deep", () => {
    const tasks = Array.from({ length: 50_000 }, (_, index) => ({
      ...{ id: `${index}`, seconds: 1, after: index === 0 ? [] : [`${index - 1}`] },
    })).reverse();
    expect(criticalPath(tasks).seconds).toBe(50_000);
  });
});

const urn = (type: string, name: string) => `urn:pulumi:dev::ai-platform::a:b:Parent$${type}::${name}`;
const cluster = urn("aws:eks/cluster:Cluster", "cluster");
const group = urn("aws:eks/nodeGroup:NodeGroup", "system");
const database = urn("aws:rds/instance:Instance", "postgres");
const component = "urn:pulumi:dev::ai-platform::a:b:Parent::parent";
const provider = urn("pulumi:providers:aws", "default");

const state = {
  deployment: {
    resources: [
      { urn: component, custom: false, dependencies: [cluster] },
      { urn: provider, custom: true },
      { urn: cluster, custom: true, provider: `${provider}::some-id` },
      { urn: group, custom: true, parent: component, propertyDependencies: { subnetIds: [] } },
      { urn: database, custom: true, propertyDependencies: { group: [provider] } },
    ],
  },
};

const step = (at: number, kind: StepEvent["kind"], subject: string, op = "create"): StepEvent => ({
  ...{ at, kind, op, urn: subject },
});
const events = [
  step(100, "begins", component),
  step(100, "ends", component),
  step(101, "begins", cluster),
  step(102, "begins", database),
  step(107, "ends", cluster),
  step(110, "begins", group),
  step(112, "fails", group),
  step(112, "ends", database, "update"),
  step(113, "ends", database),
  step(113, "begins", provider, "same"),
  step(114, "ends", provider, "same"),
];

describe("a run", () => {
  test("is read from the engine's events, without those of a preview", () => {
    const metadata = { op: "create", urn: cluster, type: "aws:eks/cluster:Cluster" };
    expect(stepEventOf({ timestamp: 5, resourcePreEvent: { metadata } })).toEqual(step(5, "begins", cluster));
    expect(stepEventOf({ timestamp: 5, resOutputsEvent: { metadata } }, 7.5)).toEqual(
      step(7.5, "ends", cluster),
    );
    expect(stepEventOf({ resOpFailedEvent: { metadata } })?.kind).toBe("fails");
    expect(stepEventOf({ resourcePreEvent: { metadata, planning: true } })).toBeUndefined();
    expect(stepEventOf({ summaryEvent: {} })).toBeUndefined();
    expect(stepEventOf("no event")).toBeUndefined();
  });

  test("counts what was made, from its beginning to its end", () => {
    expect(worksOf(events)).toEqual([
      { urn: component, op: "create", start: 0, end: 0, failed: false },
      { urn: cluster, op: "create", start: 1, end: 7, failed: false },
      { urn: group, op: "create", start: 10, end: 12, failed: true },
      { urn: database, op: "update", start: 2, end: 12, failed: false },
    ]);
    expect(worksOf([step(1, "begins", cluster)])).toEqual([]);
  });
});

describe("the graph", () => {
  test("has dependencies, those of properties, providers and parents", () => {
    const graph = graphOf(state);
    expect(graph.find((node) => node.urn === cluster)).toEqual({
      urn: cluster,
      custom: true,
      after: [provider],
    });
    expect(graph.find((node) => node.urn === group)?.after).toEqual([component]);
    expect(graph.find((node) => node.urn === database)?.after).toEqual([provider]);
    expect(graphOf({ checkpoint: { latest: state.deployment } })).toEqual(graph);
    expect(graphOf({ checkpoint: { latest: null } })).toEqual([]);
    expect(() => graphOf({ version: 3 })).toThrow(/neither what `pulumi stack export` prints/);
  });

  test("leads through what took no time to what did", () => {
    const reached = among(graphOf(state), new Set([cluster, group, database]));
    expect(reached.get(group)).toEqual([cluster]);
    expect(reached.get(database)).toEqual([]);
  });
});

describe("a timing", () => {
  const timing = timingOf(worksOf(events), graphOf(state), usualSeconds);

  test("says what each resource waited for, and how long after that it began", () => {
    expect(timing.resources.map(({ name, waitedFor, idle }) => ({ name, waitedFor, idle }))).toEqual([
      { name: "cluster", waitedFor: undefined, idle: 1 },
      { name: "postgres", waitedFor: undefined, idle: 2 },
      { name: "system", waitedFor: cluster, idle: 3 },
    ]);
    expect(timing.wallClock).toBe(11);
  });

  test("has the longest chain as measured, and by AWS's usual times", () => {
    expect(timing.measured).toMatchObject({ seconds: 10, sum: 18 });
    expect(timing.measured.chain.map(({ id }) => id)).toEqual([database]);
    expect(timing.usual).toMatchObject({ seconds: 780, sum: 1260 });
    expect(timing.usual?.chain.map(({ id }) => id)).toEqual([cluster, group]);
    expect(timingOf(worksOf(events), graphOf(state)).usual).toBeUndefined();
  });

  test("is shown as text, Markdown, a page and a document", () => {
    const text = renderTiming(timing, { color: false });
    expect(text).toContain("3 resources in 11 s; one after another 18 s, and no faster than 10 s");
    expect(text).toMatch(
      /Longest chain at AWS, by its usual times: 13 min, of 21 min[\s\S]*Cluster cluster +0 s +10 min/,
    );
    expect(text).toMatch(/3 began a second or more after.*NodeGroup system 3 s, Instance postgres 2 s/);
    expect(atAws(timing)).toContain(
      "At AWS about 13 min: Cluster cluster 10 min, then NodeGroup system 3 min",
    );
    expect(timingMarkdown("Run", timing)).toContain("| NodeGroup system | 10 min | 3 min |");
    const page = timingPage('Run <"&">', timing);
    expect(page).toContain("<title>Run &lt;&quot;&amp;&quot;&gt;</title>");
    expect(page.match(/class="critical" x=/g)).toHaveLength(3);
    expect(page.match(/class="bar" x=/g)).toHaveLength(3);
    expect(timingSchema.parse(timingDocument(timing)).usual?.chain).toEqual([
      { urn: cluster, starts: 0, takes: 600 },
      { urn: group, starts: 600, takes: 180 },
    ]);
  });

  test.each([
    [0, "0 s"],
    [0.44, "0.4 s"],
    [9.96, "10 s"],
    [59.4, "59 s"],
    [59.6, "1 min"],
    [754, "12 min 34 s"],
  ])("%d seconds are %s", (seconds, text) => {
    expect(lasting(seconds)).toBe(text);
  });

  test("charts have a scale of a few round times", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 100_000, noNaN: true }), (end) => {
        const ticks = ticksOf(end);
        expect(ticks.length).toBeLessThanOrEqual(11);
        expect(ticks.at(-1)).toBeLessThanOrEqual(end);
      }),
    );
    expect(ticksOf(12)).toEqual([0, 2, 4, 6, 8, 10, 12]);
  });

  test("names resources as people do", () => {
    expect(typeOf(cluster)).toBe("aws:eks/cluster:Cluster");
    expect(labelOf(cluster)).toBe("Cluster cluster");
  });
});

test("usual times are those of the catalog, by type", () => {
  expect(usualSeconds("aws:rds/instance:Instance")).toBe(durations["rds-instance"].seconds);
  expect(usualSeconds("aws:s3/bucket:Bucket")).toBeUndefined();
});
