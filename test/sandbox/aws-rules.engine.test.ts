import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";
import type { SimulatedAws } from "../../sandbox/aws/server.ts";
import { call, Sdk } from "../support/simulated/sdk.ts";
import { Account, ec2, nodeGroup } from "./support/aws/account.ts";
import { data } from "./support/aws/deletions/data.ts";
import { groups } from "./support/aws/deletions/groups.ts";
import { network } from "./support/aws/deletions/network.ts";
import { services } from "./support/aws/deletions/services.ts";
import { endOwnAws, startOwnAws } from "./support/aws/own.ts";

/** What the simulated AWS refuses as AWS does, asked by AWS's own SDK. */

let aws: SimulatedAws;
let account: Account;

beforeAll(async () => {
  aws = await startOwnAws({ kubernetes: false, speed: 10_000 });
  account = new Account(await Sdk.open(aws, "us-east-1"));
}, 10 * 60_000);

afterAll(async () => {
  account?.sdk.close();
  await endOwnAws(aws);
});

test.each([...network, ...groups, ...services, ...data])(
  "$what is not deleted: $code",
  async ({ arrange, code }) => {
    const { clearance, deletion } = await arrange(account);
    expect(await account.sdk.refusal(deletion)).toBe(code);
    await account.sdk.do(...clearance);
    expect(await account.sdk.refusal(deletion)).toBeUndefined();
  },
);

test("a key waits for its end for a week at least, and is of no use meanwhile", async () => {
  const created = z.object({ KeyMetadata: z.object({ KeyId: z.string() }) });
  const { KeyId } = (await account.sdk.get(call("kms", "create_key"), created)).KeyMetadata;
  const encrypt = call("kms", "encrypt", { KeyId, Plaintext: "text" });
  const deletion = (PendingWindowInDays: number) =>
    call("kms", "schedule_key_deletion", { KeyId, PendingWindowInDays });

  expect(await account.sdk.refusal(encrypt)).toBeUndefined();
  expect(await account.sdk.refusal(deletion(6))).toBe("ValidationException");
  expect(await account.sdk.refusal(deletion(7))).toBeUndefined();
  expect(await account.sdk.refusal(encrypt)).toBe("KMSInvalidStateException");
  expect(await account.sdk.refusal(deletion(7))).toBe("KMSInvalidStateException");
  await account.sdk.do(call("kms", "cancel_key_deletion", { KeyId }), call("kms", "enable_key", { KeyId }));
  expect(await account.sdk.refusal(encrypt)).toBeUndefined();
});

test("a launch template is deleted though in use: EKS launches from a copy of its own", async () => {
  const { subnets } = await account.subnets();
  const clusterName = await account.cluster(subnets);
  const LaunchTemplateId = await account.template({ InstanceType: "m7i.large" });
  const given = { launchTemplate: { id: LaunchTemplateId, version: "1" } };
  const nodegroupName = await account.nodeGroup(clusterName, subnets, given);
  expect(await account.sdk.refusal(ec2("delete_launch_template", { LaunchTemplateId }))).toBeUndefined();
  const scalingConfig = { minSize: 1, desiredSize: 2, maxSize: 2 };
  await account.sdk.do(
    call("eks", "update_nodegroup_config", { clusterName, nodegroupName, scalingConfig }),
    call("eks", "delete_nodegroup", { clusterName, nodegroupName }),
  );
});

test.each([
  ["InvalidParameterValue", "a type that there is not", "m7i.huge", "a"],
  ["Unsupported", "a type that its zone lacks", "p5en.48xlarge", "b"],
  ["Unsupported", "a type that its region lacks", "mac1.metal", "a"],
  [undefined, "a type that its zone has", "p5en.48xlarge", "c"],
] as const)("EC2 answers %s to %s", async (code, _, InstanceType, zone) => {
  const SubnetId = await account.subnet(await account.vpc(), zone);
  const own = { InstanceType, SubnetId, ImageId: "ami-12345678", MinCount: 1, MaxCount: 1 };
  expect(await account.sdk.refusal(ec2("run_instances", own))).toBe(code);
  // A template is made of any type: EC2 looks at it when something is launched from it.
  const LaunchTemplateId = await account.template({ InstanceType, ImageId: "ami-12345678" });
  const { InstanceType: _own, ...rest } = own;
  const templated = { ...rest, LaunchTemplate: { LaunchTemplateId } };
  expect(await account.sdk.refusal(ec2("run_instances", templated))).toBe(code);
});

test("EKS makes no node group that a zone of it could start nothing in", async () => {
  const { subnets } = await account.subnets();
  const clusterName = await account.cluster(subnets);
  const group = (given: Readonly<Record<string, unknown>>) =>
    account.sdk.ask(nodeGroup(clusterName, account.name("nodes"), subnets, given));
  const id = await account.template({ InstanceType: "p5en.48xlarge" });
  for (const given of [{ instanceTypes: ["p5en.48xlarge"] }, { launchTemplate: { id, version: "1" } }]) {
    expect(await group(given)).toEqual({
      error: "InvalidRequestException",
      message: expect.stringMatching(
        /\(p5en\.48xlarge\) is not supported .*\(us-east-1b\)\. .* us-east-1a, us-east-1c/,
      ),
    });
  }
  expect(await group({ instanceTypes: ["m7i.huge"] })).toMatchObject({
    error: "InvalidParameterException",
    message: expect.stringContaining("do not exist: [m7i.huge]"),
  });
  expect((await group({ instanceTypes: ["p5en.48xlarge", "m7i.large"] })).error).toBeUndefined();
});

const launched = z.object({
  Reservations: z.array(
    z.object({
      Instances: z.tuple([
        z.object({
          InstanceType: z.string(),
          CapacityReservationId: z.string().optional(),
          Placement: z.object({ AvailabilityZone: z.string(), GroupName: z.string().optional() }),
          MetadataOptions: z.object({ HttpTokens: z.string(), HttpPutResponseHopLimit: z.number() }),
          NetworkInterfaces: z.array(z.object({ InterfaceType: z.string().optional() })),
          State: z.object({ Name: z.string() }),
        }),
      ]),
    }),
  ),
});
const runningIn = async (nodegroup: string) => {
  const Filters = [{ Name: "tag:eks:nodegroup-name", Values: [nodegroup] }];
  const { Reservations } = await account.sdk.get(ec2("describe_instances", { Filters }), launched);
  return Reservations.flatMap(({ Instances }) => Instances).filter(({ State }) => State.Name === "running");
};

test("nodes have what their launch template says: IMDSv2, tags, EFA interfaces in a placement group", async () => {
  const { subnets, vpc } = await account.subnets();
  const [clusterName, GroupName] = [await account.cluster(subnets), account.name("together")];
  await account.sdk.do(ec2("create_placement_group", { GroupName, Strategy: "cluster" }));
  const Groups = [await account.group(vpc)];
  const id = await account.template({
    InstanceType: "p4d.24xlarge",
    MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 1 },
    Placement: { GroupName },
    BlockDeviceMappings: [
      {
        DeviceName: "/dev/xvda",
        Ebs: { VolumeSize: 200, VolumeType: "gp3", Encrypted: true, DeleteOnTermination: true },
      },
    ],
    NetworkInterfaces: [0, 1, 2, 3].map((NetworkCardIndex) => ({
      ...{ NetworkCardIndex, Groups, InterfaceType: "efa" },
      DeviceIndex: NetworkCardIndex === 0 ? 0 : 1,
    })),
    TagSpecifications: ["instance", "volume", "network-interface"].map((ResourceType) => ({
      ...{ ResourceType, Tags: [{ Key: "owner", Value: `the ${ResourceType}'s` }] },
    })),
  });
  const given = {
    launchTemplate: { id, version: "1" },
    scalingConfig: { minSize: 1, desiredSize: 2, maxSize: 2 },
  };
  const nodegroupName = await account.nodeGroup(clusterName, subnets.slice(0, 1), given);

  const nodes = await runningIn(nodegroupName);
  expect(nodes).toHaveLength(2);
  for (const node of nodes) {
    expect(node).toMatchObject({
      InstanceType: "p4d.24xlarge",
      MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 1 },
      Placement: { AvailabilityZone: "us-east-1a", GroupName },
    });
    expect(node.NetworkInterfaces).toHaveLength(4);
  }
  const tagged = z.object({ Tags: z.array(z.object({ ResourceType: z.string(), Value: z.string() })) });
  const Filters = [{ Name: "key", Values: ["owner"] }];
  const { Tags } = await account.sdk.get(ec2("describe_tags", { Filters }), tagged);
  const counted = (of: string) => Tags.filter(({ Value }) => Value === `the ${of}'s`).length;
  expect([counted("instance"), counted("volume"), counted("network-interface")]).toEqual([2, 2, 8]);

  const deletion = ec2("delete_placement_group", { GroupName });
  expect(await account.sdk.refusal(deletion)).toBe("InvalidPlacementGroup.InUse");
  await account.sdk.do(call("eks", "delete_nodegroup", { clusterName, nodegroupName }));
  expect(await account.sdk.refusal(deletion)).toBeUndefined();
});

test.each([
  ["a reservation", (own: Account) => own.reservation("g6.xlarge", "us-east-1a", 2)],
  ["a capacity block", (own: Account) => own.block("g6.xlarge", 2)],
] as const)("nodes of %s take its capacity and give it back", async (_, made) => {
  const { subnets } = await account.subnets();
  const clusterName = await account.cluster(subnets);
  const CapacityReservationId = await made(account);
  const id = await account.template({
    InstanceType: "g6.xlarge",
    CapacityReservationSpecification: { CapacityReservationTarget: { CapacityReservationId } },
  });
  const launchTemplate = { id, version: "1" };
  const group = (desiredSize: number, subnet: readonly string[]) =>
    account.nodeGroup(clusterName, subnet, {
      ...{ launchTemplate, scalingConfig: { minSize: 0, desiredSize, maxSize: 3 } },
    });
  const available = async () => {
    const shown = z.object({
      CapacityReservations: z.tuple([z.object({ AvailableInstanceCount: z.number() })]),
    });
    const asked = ec2("describe_capacity_reservations", { CapacityReservationIds: [CapacityReservationId] });
    return (await account.sdk.get(asked, shown)).CapacityReservations[0].AvailableInstanceCount;
  };

  const there = await group(2, subnets.slice(0, 1));
  expect((await runningIn(there)).map((node) => node.CapacityReservationId)).toEqual([
    CapacityReservationId,
    CapacityReservationId,
  ]);
  expect(await available()).toBe(0);
  // Another one finds it full; in another zone it is none of its own.
  for (const subnet of [subnets.slice(0, 1), subnets.slice(1)]) {
    const refused = await group(1, subnet);
    await vi.waitFor(async () =>
      expect(await issueOf(clusterName, refused)).toContain("ReservationCapacityExceeded"),
    );
    expect(await runningIn(refused)).toEqual([]);
  }
  await account.sdk.do(call("eks", "delete_nodegroup", { clusterName, nodegroupName: there }));
  expect(await available()).toBe(2);
});

async function issueOf(clusterName: string, nodegroupName: string): Promise<string> {
  const shown = z.object({
    nodegroup: z.object({ health: z.object({ issues: z.tuple([z.object({ message: z.string() })]) }) }),
  });
  const described = call("eks", "describe_nodegroup", { clusterName, nodegroupName });
  return (await account.sdk.get(described, shown)).nodegroup.health.issues[0].message;
}
