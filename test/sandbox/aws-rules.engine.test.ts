import { afterAll, beforeAll, expect, test } from "vitest";
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
