import { expect, test } from "vitest";
import { Foundation } from "../../../components/foundation/foundation.ts";
import { foundationOf, group } from "../../support/foundation.ts";
import { find, render } from "../../support/render.ts";

test("the last word on each resource is the program's", async () => {
  const plan = foundationOf("dev", [group({ name: "system", role: "system" })]);
  const resources = await render(
    () =>
      new Foundation("foundation", {
        plan,
        transform: {
          network: {
            vpc: (args) => ({ ...args, enableNetworkAddressUsageMetrics: true }),
            subnet: (args) => ({ ...args, enableResourceNameDnsARecordOnLaunch: true }),
            natGateway: (args) => ({ ...args, secondaryPrivateIpAddressCount: 2 }),
          },
          cluster: { cluster: (args) => ({ ...args, controlPlaneScalingConfig: { tier: "tier-xl" } }) },
          nodeGroup: {
            nodeGroup: (args) => ({ ...args, forceUpdateVersion: true }),
            launchTemplate: (args) => ({ ...args, ebsOptimized: "true" }),
          },
        },
      }),
  );
  expect(find(resources, "Vpc", "network-10.0.0.0/16").inputs.enableNetworkAddressUsageMetrics).toBe(true);
  expect(
    find(resources, "Subnet", "network-intra-a-10.0.196.0/22").inputs.enableResourceNameDnsARecordOnLaunch,
  ).toBe(true);
  expect(find(resources, "NatGateway", "network-nat-public-a").inputs.secondaryPrivateIpAddressCount).toBe(2);
  expect(find(resources, "Cluster", "cluster").inputs.controlPlaneScalingConfig).toEqual({ tier: "tier-xl" });
  expect(find(resources, "NodeGroup", "system").inputs.forceUpdateVersion).toBe(true);
  expect(find(resources, "LaunchTemplate", "system").inputs.ebsOptimized).toBe("true");
});
