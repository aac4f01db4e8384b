import { eksVersions } from "../../../catalog/eks.ts";
import type { FoundationPlan } from "../../../planning/foundation/foundation.ts";
import type { ManagedNodeGroupPlan } from "../../../planning/foundation/nodeGroups.ts";
import type { SubnetPlan } from "../../../planning/infrastructure.ts";
import type { AwsPlatformInput } from "../../../spec/platform.ts";

/** One change to an environment, as people make it. */
interface Change {
  /** In its description. */
  readonly describe?: (written: AwsPlatformInput) => AwsPlatformInput;
  /** In the catalog or the planner, whose answer would be another one: what of the plan is then different. */
  readonly plan?: (foundation: FoundationPlan) => FoundationPlan;
}

const version = (kubernetes: "1.34" | "1.35" | "1.36"): Change => ({
  describe: (written) => ({ ...written, cluster: { ...written.cluster, version: kubernetes } }),
});

const nodes = (change: (group: ManagedNodeGroupPlan) => ManagedNodeGroupPlan): Change => ({
  plan: (foundation) => ({ ...foundation, nodeGroups: foundation.nodeGroups.map(change) }),
});

/** The zone's last /24 of the VPC's range, which no subnet has. */
const moved = (tier: SubnetPlan["tier"]): Change => ({
  plan: (foundation) => ({
    ...foundation,
    vpc: {
      ...foundation.vpc,
      subnets: foundation.vpc.subnets.map((subnet) =>
        subnet.tier === tier && subnet.zone.endsWith("a")
          ? { ...subnet, cidr: "10.0.255.0/24", podRanges: [] }
          : subnet,
      ),
    },
  }),
});

export const changes = {
  "Kubernetes 1.34": version("1.34"),
  "Kubernetes 1.35": version("1.35"),
  "Kubernetes 1.36": version("1.36"),
  "a node label": nodes((group) => ({ ...group, labels: { ...group.labels, "ai-platform/tier": "blue" } })),
  "a tag": {
    describe: (written) => ({ ...written, ownership: { ...written.ownership, owner: "data-team" } }),
  },
  "the database's class": {
    describe: (written) => ({
      ...written,
      postgres: { ...written.postgres, instanceClass: "db.t4g.large" },
    }),
  },
  "the database's disk": {
    describe: (written) => ({ ...written, postgres: { ...written.postgres, storageGi: 40 } }),
  },
  "more nodes": {
    describe: (written) => ({ ...written, capacity: { ...written.capacity, headroom: 3 } }),
  },
  "another instance type": nodes((group) =>
    group.role === "system" ? { ...group, instanceTypes: ["m7i.xlarge"] } : group,
  ),
  "another GPU": {
    describe: (written) => ({ ...written, capacity: { ...written.capacity, gpus: ["A10G"] } }),
  },
  "a newer AMI": nodes((group) => ({
    ...group,
    amiRelease: `${eksVersions[group.version].amiRelease.split("-")[0]}-20261118`,
  })),
  "a larger root disk": nodes((group) => ({
    ...group,
    launchTemplate: {
      ...group.launchTemplate,
      rootVolume: { ...group.launchTemplate.rootVolume, sizeGiB: 300 },
    },
  })),
  "days that logs are kept": {
    describe: (written) => ({
      ...written,
      observability: { ...written.observability, logRetentionDays: 14 },
    }),
  },
  "the gateway's host": {
    describe: (written) => ({
      ...written,
      gateway: { ...written.gateway, host: `new.${written.gateway.host}` },
    }),
  },
  "a private subnet's range": moved("private"),
  "a public subnet's range": moved("public"),
  "an intra subnet's range": moved("intra"),
  "the VPC's range": {
    describe: (written) => ({ ...written, network: { ...written.network, cidr: "10.1.0.0/16" } }),
  },
} as const satisfies Record<string, Change>;

export type ChangeName = keyof typeof changes;

/** The description after the changes, in their order. */
export function described(written: AwsPlatformInput, names: readonly ChangeName[]): AwsPlatformInput {
  return names.reduce((now, name) => changeOf(name).describe?.(now) ?? now, written);
}

/** The plan after the changes. */
export function planned(foundation: FoundationPlan, names: readonly ChangeName[]): FoundationPlan {
  return names.reduce((now, name) => changeOf(name).plan?.(now) ?? now, foundation);
}

const changeOf = (name: ChangeName): Change => changes[name];
