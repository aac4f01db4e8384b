import { describe, expect, test } from "vitest";
import { costByComponent, planCost } from "../../planning/cost/cost.ts";
import { costComponents, labelsFor, tagsFor } from "../../planning/ownership.ts";
import { capacitySchema } from "../../spec/capacity.ts";
import { network, nodeGroup } from "./support/infrastructure.ts";

const owned = {
  environment: "prod",
  ownership: { project: "ai-platform", owner: "ml-team", costCenter: "cc-42" },
} as const;

const tags = {
  Project: "ai-platform",
  Environment: "prod",
  Owner: "ml-team",
  CostCenter: "cc-42",
  ManagedBy: "pulumi",
};

describe("AWS tags", () => {
  test("say whose it is, and nothing more unless asked", () => {
    expect(tagsFor(owned)).toEqual(tags);
  });

  test("say which part of the bill it is on", () => {
    expect(tagsFor(owned, "network")).toEqual({ ...tags, Component: "network" });
  });

  test("name the same parts as the cost plan", () => {
    const { items } = planCost({
      spec: {
        budget: undefined,
        capacity: capacitySchema.parse({}),
        cloud: { region: "us-east-1" },
        cluster: { publicAccessCidrs: [], privateAccessCidrs: [], admins: [] },
      },
      network: network({ interfaceEndpoints: ["sts"] }),
      nodeGroups: [nodeGroup()],
      volumes: [{ name: "postgres", count: 1, gib: 10 }],
      databases: [{ name: "db", instanceClass: "db.m7g.large", multiZone: false, storageGiB: 10 }],
      others: { kmsKey: 1 },
    });
    const named = costByComponent(items).map(({ component }) => component);
    expect(named.toSorted()).toEqual([...costComponents].sort());
  });
});

describe("Kubernetes labels", () => {
  test("have the same facts, and the role in the platform where there is one", () => {
    expect(labelsFor(owned)).not.toHaveProperty("app.kubernetes.io/component");
    expect(labelsFor(owned, "vectors")).toEqual({
      "app.kubernetes.io/part-of": "ai-platform",
      "app.kubernetes.io/managed-by": "pulumi",
      "app.kubernetes.io/component": "vectors",
      environment: "prod",
      project: "ai-platform",
      owner: "ml-team",
      "cost-center": "cc-42",
    });
  });

  test("are label values whatever the role is called", () => {
    expect(labelsFor(owned, "Qwen/Qwen3-8B")["app.kubernetes.io/component"]).toMatch(/^Qwen-Qwen3-8B-\w{8}$/);
  });
});
