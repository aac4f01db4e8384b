import { z } from "zod";
import { call } from "../../../../support/simulated/sdk.ts";
import type { Account, Refusal } from "../account.ts";

/** Clusters, load balancers, certificates, roles. */
export const services: readonly Refusal[] = [
  {
    what: "a cluster with a node group",
    code: "ResourceInUseException",
    arrange: async (account) => {
      const { subnets } = await account.subnets();
      const clusterName = await account.cluster(subnets);
      const nodegroupName = await account.nodeGroup(clusterName, subnets);
      return {
        deletion: call("eks", "delete_cluster", { name: clusterName }),
        clearance: [call("eks", "delete_nodegroup", { clusterName, nodegroupName })],
      };
    },
  },
  {
    what: "a cluster with deletion protection",
    code: "InvalidParameterException",
    arrange: async (account) => {
      const name = await account.cluster((await account.subnets()).subnets);
      await account.sdk.do(call("eks", "update_cluster_config", { name, deletionProtection: true }));
      return {
        deletion: call("eks", "delete_cluster", { name }),
        clearance: [call("eks", "update_cluster_config", { name, deletionProtection: false })],
      };
    },
  },
  {
    what: "a load balancer with deletion protection",
    code: "OperationNotPermitted",
    arrange: async (account) => {
      const LoadBalancerArn = await account.balancer([await account.subnet(await account.vpc())]);
      const protection = (Value: "true" | "false") =>
        call("elbv2", "modify_load_balancer_attributes", {
          LoadBalancerArn,
          Attributes: [{ Key: "deletion_protection.enabled", Value }],
        });
      await account.sdk.do(protection("true"));
      return {
        deletion: call("elbv2", "delete_load_balancer", { LoadBalancerArn }),
        clearance: [protection("false")],
      };
    },
  },
  {
    what: "a target group that a listener sends to",
    code: "ResourceInUse",
    arrange: async (account) => {
      const vpc = await account.vpc();
      const TargetGroupArn = await account.targets(vpc);
      const balancer = await account.balancer([await account.subnet(vpc)]);
      const ListenerArn = await account.listener(balancer, TargetGroupArn);
      return {
        deletion: call("elbv2", "delete_target_group", { TargetGroupArn }),
        clearance: [call("elbv2", "delete_listener", { ListenerArn })],
      };
    },
  },
  {
    what: "a certificate of a listener",
    code: "ResourceInUseException",
    arrange: async (account) => {
      const vpc = await account.vpc();
      const CertificateArn = await account.certificate();
      const balancer = await account.balancer([await account.subnet(vpc)]);
      const ListenerArn = await account.listener(balancer, await account.targets(vpc), CertificateArn);
      return {
        deletion: call("acm", "delete_certificate", { CertificateArn }),
        clearance: [call("elbv2", "delete_listener", { ListenerArn })],
      };
    },
  },
  {
    what: "a role with a policy",
    code: "DeleteConflict",
    arrange: async (account) => {
      const { PolicyArn, RoleName } = await attached(account);
      return {
        deletion: call("iam", "delete_role", { RoleName }),
        clearance: [call("iam", "detach_role_policy", { RoleName, PolicyArn })],
      };
    },
  },
  {
    what: "a policy of a role",
    code: "DeleteConflict",
    arrange: async (account) => {
      const { PolicyArn, RoleName } = await attached(account);
      return {
        deletion: call("iam", "delete_policy", { PolicyArn }),
        clearance: [call("iam", "detach_role_policy", { RoleName, PolicyArn })],
      };
    },
  },
];

const document = (Statement: object) => JSON.stringify({ Version: "2012-10-17", Statement });

async function attached(account: Account) {
  const [RoleName, PolicyName] = [account.name("role"), account.name("policy")];
  const trust = { Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "ec2.amazonaws.com" } };
  await account.sdk.do(call("iam", "create_role", { RoleName, AssumeRolePolicyDocument: document(trust) }));
  const allowed = { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::models/*" };
  const { Policy } = await account.sdk.get(
    call("iam", "create_policy", { PolicyName, PolicyDocument: document(allowed) }),
    z.object({ Policy: z.object({ Arn: z.string() }) }),
  );
  await account.sdk.do(call("iam", "attach_role_policy", { RoleName, PolicyArn: Policy.Arn }));
  return { RoleName, PolicyArn: Policy.Arn };
}
