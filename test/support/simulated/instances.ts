import { expect } from "vitest";
import { z } from "zod";
import { tagsByComponent } from "../../../planning/ownership.ts";
import type { AwsPlatformSpec } from "../../../spec/platform.ts";
import { call, type Sdk } from "./sdk.ts";

const tags = z
  .array(z.object({ Key: z.string(), Value: z.string() }))
  .transform((pairs) => Object.fromEntries(pairs.map(({ Key, Value }) => [Key, Value])));

const instances = z.object({
  Reservations: z.array(
    z.object({
      Instances: z.array(
        z.object({
          InstanceType: z.string(),
          State: z.object({ Name: z.string() }),
          MetadataOptions: z.object({ HttpTokens: z.string(), HttpPutResponseHopLimit: z.number() }),
          BlockDeviceMappings: z.array(z.object({ Ebs: z.object({ VolumeId: z.string() }) })),
          NetworkInterfaces: z.array(z.object({ NetworkInterfaceId: z.string() })).min(1),
          Tags: tags,
        }),
      ),
    }),
  ),
});
const volumes = z.object({ Volumes: z.array(z.object({ Encrypted: z.boolean(), Tags: tags })) });
const interfaces = z.object({ NetworkInterfaces: z.array(z.object({ TagSet: tags })).min(1) });

/**
 * Every running node takes IMDSv2 only, from one hop away; it, its one encrypted root volume and its interfaces have the
 * owner's tags, which EKS and Auto Scaling pass on from launch templates alone.
 */
export async function expectNodesAsTemplated(sdk: Sdk, spec: AwsPlatformSpec): Promise<void> {
  const { Reservations } = await sdk.get(call("ec2", "describe_instances"), instances);
  const nodes = Reservations.flatMap(({ Instances }) => Instances).filter(
    ({ State }) => State.Name === "running",
  );
  expect(nodes.length).toBeGreaterThan(1);
  const { nodes: owned, storage } = tagsByComponent(spec);
  for (const node of nodes) {
    expect(node).toMatchObject({
      MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 1 },
      Tags: { ...owned, "eks:cluster-name": expect.any(String) },
    });
    const VolumeIds = node.BlockDeviceMappings.map(({ Ebs }) => Ebs.VolumeId);
    const { Volumes } = await sdk.get(call("ec2", "describe_volumes", { VolumeIds }), volumes);
    expect(Volumes).toEqual([{ Encrypted: true, Tags: expect.objectContaining(storage) }]);
    const NetworkInterfaceIds = node.NetworkInterfaces.map(({ NetworkInterfaceId }) => NetworkInterfaceId);
    const asked = call("ec2", "describe_network_interfaces", { NetworkInterfaceIds });
    for (const { TagSet } of (await sdk.get(asked, interfaces)).NetworkInterfaces) {
      expect(TagSet).toMatchObject(owned);
    }
  }
}
