import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Client, everyKind, type Seen, type Target, underLoad } from "../support/load.ts";
import { adapterOrigin, kubectlOutput, teamKey } from "../support/local.ts";
import {
  adapter,
  drain,
  podsOf,
  roll,
  settled,
  traefik,
  type Workload,
  withPods,
} from "../support/rollouts.ts";

/**
 * Rolling updates and drains while clients ask: through Traefik and the adapter, two pods of each as in AWS, behind them
 * Ollama. The clients try nothing twice, so that whatever is dropped shows.
 */

const minutes = (count: number) => count * 60_000;

const model = "qwen3-0.6b";
const standIn = "tinyllama";
const server: Workload = { namespace: "ai-models", kind: "statefulset", name: "qwen3-0-6b" };

const clients = everyKind({ streamed: model, short: standIn });

let target: Target;
let restore = async (): Promise<void> => undefined;

const seeing = <T>(happens: () => Promise<T>, asking: readonly Client[] = clients) =>
  underLoad(target, asking, happens);

const faultsOf = ({ asked }: Pick<Seen<unknown>, "asked">) => asked.flatMap(({ fault }) => fault ?? []);

/** Nobody was dropped; and there was somebody to drop, all the time. */
function expectNoneDropped(seen: Seen<unknown>): void {
  const { asked, fromMs, untilMs } = seen;
  expect(faultsOf(seen)).toEqual([]);
  const underWay = asked.filter(({ endedMs, startedMs }) => startedMs < fromMs && endedMs > fromMs);
  expect(underWay.filter(({ client }) => client.kind === "stream").length).toBeGreaterThan(1);
  const meanwhile = asked.filter(({ startedMs }) => startedMs > fromMs && startedMs < untilMs);
  const least = (untilMs - fromMs) / 1000;
  for (const connection of ["kept", "new"]) {
    const own = meanwhile.filter(({ client }) => client.connection === connection);
    expect(own.filter(({ client }) => client.kind === "whole").length, connection).toBeGreaterThan(least);
    expect(own.filter(({ client }) => client.kind === "stream").length, connection).toBeGreaterThan(1);
    expect(own.some(({ reused }) => reused)).toBe(connection === "kept");
  }
}

describe.sequential("while clients ask", () => {
  beforeAll(async () => {
    target = { origin: await adapterOrigin(), key: await teamKey("platform-team") };
    restore = await withPods(2, adapter, traefik);
  }, minutes(5));

  afterAll(() => restore(), minutes(5));

  test.each([adapter, traefik])(
    "a rolling update of $name drops no stream and no request, on kept connections and on new ones",
    async (workload) => {
      expectNoneDropped(await seeing(() => roll(workload)));
    },
    minutes(4),
  );

  test.each([adapter, traefik])(
    "a drain of the node of $name drops none either: its budget lets one pod go at a time",
    async (workload) => {
      const seen = await seeing(() => drain(workload));
      expectNoneDropped(seen);
      const [first] = seen.happened.refusals;
      expect(first).toContain("violate the pod's disruption budget");
    },
    minutes(4),
  );

  test(
    "a model whose server is changed is answered for by its fallback",
    async () => {
      const brief = (client: Client) => ({
        ...client,
        model,
        tokens: Math.min(client.tokens, 100),
        pauseMs: 500,
      });
      const seen = await seeing(() => roll(server), clients.map(brief));
      expect(faultsOf(seen)).toEqual([]);
      for (const kind of ["stream", "whole"]) {
        const answered = seen.asked.filter(({ client, fallback }) => client.kind === kind && fallback);
        expect(answered.length, kind).toBeGreaterThan(1);
      }
    },
    minutes(4),
  );

  test.each([adapter, traefik])(
    "a pod of $name that gets no time to end is noticed by these clients",
    async (workload) => {
      const [pod = ""] = await podsOf(workload);
      const ending = ["delete", "pod", pod, `--namespace=${workload.namespace}`, "--grace-period=1"];
      const seen = await seeing(() => kubectlOutput(...ending));
      expect(faultsOf(seen).length).toBeGreaterThan(0);
      await settled(workload);
    },
    minutes(4),
  );
});
