import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { type Client, underLoad } from "../support/load.ts";
import { adapterOrigin, eventually, kubectl, kubectlOutput, teamKey } from "../support/local.ts";
import { adapter, podsOf, settled } from "../support/rollouts.ts";

/** Replicas that follow the load: the adapter tells Prometheus, it prometheus-adapter, and that Kubernetes' autoscaler. */

const minutes = (count: number) => count * 60_000;

const monitoring = "--namespace=ai-monitoring";
const serving = "--namespace=ai-models";
const custom = "/apis/custom.metrics.k8s.io/v1beta1";

const metricList = z.object({
  items: z.array(z.object({ describedObject: z.object({ name: z.string() }), value: z.string() })),
});

/** What Kubernetes is told of each pod of the adapter. */
async function inFlight(): Promise<Map<string, string>> {
  const path = `${custom}/namespaces/ai-models/pods/*/adapter_requests_in_flight`;
  const { items } = metricList.parse(JSON.parse(await kubectlOutput("get", `--raw=${path}`)));
  return new Map(items.map(({ describedObject, value }) => [describedObject.name, value]));
}

const targetList = z.object({
  data: z.object({
    activeTargets: z.array(
      z.object({ labels: z.looseObject({ job: z.string() }), health: z.string(), lastError: z.string() }),
    ),
  }),
});

/** What Prometheus asks, and what it says of each. */
async function asked() {
  const path = "/api/v1/namespaces/ai-monitoring/pods/prometheus-0:9090/proxy/api/v1/targets";
  const { data } = targetList.parse(JSON.parse(await kubectlOutput("get", `--raw=${path}`)));
  return data.activeTargets.map(({ health, labels, lastError }) => ({ job: labels.job, health, lastError }));
}

const autoscaler = z.object({
  status: z.object({
    currentReplicas: z.int().optional(),
    desiredReplicas: z.int(),
    conditions: z.array(z.object({ type: z.string(), status: z.string(), reason: z.string() })).default([]),
  }),
});

async function scalingOf() {
  const { status } = autoscaler.parse(
    JSON.parse(await kubectlOutput("get", "hpa", "adapter", serving, "--output=json")),
  );
  const active = status.conditions.find(({ type }) => type === "ScalingActive");
  return { desired: status.desiredReplicas, active: active?.status, reason: active?.reason };
}

/** Streams of less than a second each, one after the other: nobody waits long enough to be turned away. */
const reader: Client = {
  model: "qwen3-0.6b",
  kind: "stream",
  connection: "kept",
  tokens: 300,
  pauseMs: 50,
};

describe.sequential("the adapter's replicas", () => {
  let restore = async (): Promise<void> => undefined;

  beforeAll(async () => {
    const patience = "jsonpath={.spec.behavior.scaleDown.stabilizationWindowSeconds}";
    const before = Number(await kubectlOutput("get", "hpa", "adapter", serving, `--output=${patience}`));
    // As rendered it waits five minutes before it takes a replica away.
    const wait = async (seconds: number) => {
      const behavior = { scaleDown: { stabilizationWindowSeconds: seconds } };
      await kubectlOutput(
        "patch",
        "hpa",
        "adapter",
        serving,
        `--patch=${JSON.stringify({ spec: { behavior } })}`,
      );
    };
    await wait(15);
    restore = () => wait(before);
  });

  afterAll(() => restore());

  test(
    "are asked by Prometheus, once each, and so is the gateway",
    async () => {
      await eventually(60, async () => {
        const targets = (await asked()).sort((a, b) => a.job.localeCompare(b.job));
        expect(targets).toEqual(
          ["adapter", "prometheus", "traefik"].map((job) => ({ job, health: "up", lastError: "" })),
        );
      });
    },
    minutes(2),
  );

  test(
    "are told apart in what Kubernetes serves of them",
    async () => {
      await eventually(120, async () => {
        expect([...(await inFlight()).keys()].sort()).toEqual((await podsOf(adapter)).sort());
        expect(await scalingOf()).toMatchObject({ active: "True", reason: "ValidMetricFound" });
      });
    },
    minutes(3),
  );

  test(
    "become more while more is asked than they have hands for, and fewer again",
    async () => {
      const target = { origin: await adapterOrigin(), key: await teamKey("platform-team") };
      await eventually(300, async () => expect(await podsOf(adapter)).toHaveLength(1));
      const readers = Array.from({ length: 10 }, () => reader);
      const seen = await underLoad(target, readers, () =>
        eventually(120, async () => {
          expect(await podsOf(adapter)).toHaveLength(2);
          await settled(adapter);
          expect((await inFlight()).size).toBe(2);
        }),
      );
      expect(seen.asked.flatMap(({ fault }) => fault ?? [])).toEqual([]);
      await eventually(300, async () => expect(await podsOf(adapter)).toHaveLength(1));
    },
    minutes(8),
  );

  test(
    "stay as they are while nobody knows the load",
    async () => {
      const sized = (replicas: number) =>
        kubectlOutput("scale", monitoring, "statefulset/prometheus", `--replicas=${replicas}`);
      await sized(0);
      try {
        await eventually(120, async () => expect(await scalingOf()).toMatchObject({ active: "False" }));
        // More than is needed: with a load of 0 one of them would go within half a minute.
        await kubectlOutput("scale", serving, "deployment/adapter", "--replicas=2");
        await sleep(60_000);
        expect(await podsOf(adapter)).toHaveLength(2);
        const { all, exitCode } = await kubectl("get", `--raw=${custom}`);
        expect(exitCode, all).toBe(0);
      } finally {
        await sized(1);
      }
      await eventually(300, async () => {
        expect(await scalingOf()).toMatchObject({ active: "True" });
        expect(await podsOf(adapter)).toHaveLength(1);
      });
    },
    minutes(9),
  );
});
