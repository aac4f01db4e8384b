import { beforeAll, describe, expect, test } from "vitest";
import { Foundation } from "../../../components/foundation/foundation.ts";
import { rolesOf } from "../../../planning/foundation/foundation.ts";
import { everyCapacity, everyKind, foundationOf } from "../../support/foundation.ts";
import { find, type Rendered, render } from "../../support/render.ts";

const plan = foundationOf("prod", everyKind, everyCapacity);
let resources: Rendered[] = [];

beforeAll(async () => {
  resources = await render(() => new Foundation("foundation", { plan }));
});

const ofType = (kind: string) => resources.filter(({ type }) => type.endsWith(`:${kind}`));

describe("add-ons", () => {
  test("are pinned, and take over what stands in their way", () => {
    expect(ofType("Addon")).toHaveLength(plan.addons.length);
    for (const { name, version } of plan.addons) {
      expect(find(resources, "Addon", name).inputs, name).toMatchObject({
        clusterName: "ai-platform-prod",
        addonName: name,
        addonVersion: version,
        resolveConflictsOnCreate: "OVERWRITE",
        resolveConflictsOnUpdate: "OVERWRITE",
      });
    }
  });

  test("have the role of their service account by Pod Identity, those that need one", () => {
    const associated = ofType("Addon")
      .filter(({ inputs }) => inputs.podIdentityAssociations !== undefined)
      .map(({ inputs, name }) => [name, inputs.podIdentityAssociations]);
    expect(associated).toEqual([
      [
        "aws-ebs-csi-driver",
        [{ roleArn: "aws-ebs-csi-driver-arn", serviceAccount: "ebs-csi-controller-sa" }],
      ],
      [
        "aws-mountpoint-s3-csi-driver",
        [{ roleArn: "aws-mountpoint-s3-csi-driver-arn", serviceAccount: "s3-csi-driver-sa" }],
      ],
      ["vpc-cni", [{ roleArn: "vpc-cni-arn", serviceAccount: "aws-node" }]],
    ]);
  });

  test("hand pods prefixes, enforce network policies and reach tainted nodes", () => {
    const configuration = (name: string) =>
      JSON.parse(find(resources, "Addon", name).inputs.configurationValues);
    expect(configuration("vpc-cni")).toMatchObject({
      enableNetworkPolicy: "true",
      env: { ENABLE_PREFIX_DELEGATION: "true", WARM_PREFIX_TARGET: "1" },
    });
    expect(configuration("aws-mountpoint-s3-csi-driver")).toEqual({ node: { tolerateAllTaints: true } });
    expect(find(resources, "Addon", "coredns").inputs).not.toHaveProperty("configurationValues");
  });
});

describe("every role of the plan", () => {
  test("is made, with its policies and no other", () => {
    const made = ofType("iam/role:Role").map(({ inputs }) => inputs.name);
    expect(made.sort()).toEqual(
      rolesOf(plan)
        .map(({ name }) => name)
        .sort(),
    );
    const policies = ofType("RolePolicy").map(({ inputs }) => [
      inputs.role,
      inputs.name,
      JSON.parse(inputs.policy),
    ]);
    expect(policies).toHaveLength(
      rolesOf(plan).reduce((sum, { policies: own }) => sum + Object.keys(own).length, 0),
    );
    for (const [role, name, document] of policies) {
      expect(rolesOf(plan).find((candidate) => candidate.name === role)?.policies[name]).toEqual(document);
    }
  });

  test("is used: by the cluster, nodes, flow logs, an add-on or an association", () => {
    const used = new Set(
      resources.flatMap(({ inputs, type }): string[] => {
        if (type.endsWith(":Cluster")) return [inputs.roleArn];
        if (type.endsWith(":NodeGroup")) return [inputs.nodeRoleArn];
        if (type.endsWith(":FlowLog")) return [inputs.iamRoleArn];
        if (type.endsWith(":PodIdentityAssociation")) return [inputs.roleArn];
        if (type.endsWith(":Addon")) {
          return (inputs.podIdentityAssociations ?? []).map(({ roleArn }: { roleArn: string }) => roleArn);
        }
        return [];
      }),
    );
    expect([...used].sort()).toEqual(
      ofType("iam/role:Role")
        .map(({ name }) => `${name}-arn`)
        .sort(),
    );
  });
});
