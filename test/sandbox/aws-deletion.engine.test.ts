import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { SimulatedAws } from "../../sandbox/aws/server.ts";
import { call, Sdk } from "../support/simulated/sdk.ts";
import { Account, ec2 } from "./support/aws/deletions/account.ts";
import { data } from "./support/aws/deletions/data.ts";
import { groups } from "./support/aws/deletions/groups.ts";
import { network } from "./support/aws/deletions/network.ts";
import { services } from "./support/aws/deletions/services.ts";
import { endOwnAws, startOwnAws } from "./support/aws/own.ts";

/** What must be gone before something can be deleted in the simulated AWS, asked by AWS's own SDK. */

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
