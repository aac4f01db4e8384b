import { call } from "../../../../support/simulated/sdk.ts";
import { dropped, ec2, type Refusal } from "../account.ts";

/** Security groups: in use, or named by another one. */
export const groups: readonly Refusal[] = [
  {
    what: "a security group of a network interface",
    code: "DependencyViolation",
    arrange: async (account) => {
      const VpcId = await account.vpc();
      const GroupId = await account.group(VpcId);
      const NetworkInterfaceId = await account.networkInterface(await account.subnet(VpcId), [GroupId]);
      return {
        deletion: ec2("delete_security_group", { GroupId }),
        clearance: [ec2("delete_network_interface", { NetworkInterfaceId })],
      };
    },
  },
  {
    what: "a security group that another one's rule names",
    code: "DependencyViolation",
    arrange: async (account) => {
      const VpcId = await account.vpc();
      const [GroupId, other] = [await account.group(VpcId), await account.group(VpcId)];
      const pair = { IpProtocol: "tcp", FromPort: 5432, ToPort: 5432, UserIdGroupPairs: [{ GroupId }] };
      const rule = { GroupId: other, IpPermissions: [pair] };
      await account.sdk.do(ec2("authorize_security_group_ingress", rule));
      return {
        deletion: ec2("delete_security_group", { GroupId }),
        clearance: [ec2("revoke_security_group_ingress", rule)],
      };
    },
  },
  {
    what: "a security group of a load balancer",
    code: "DependencyViolation",
    arrange: async (account) => {
      const VpcId = await account.vpc();
      const GroupId = await account.group(VpcId);
      const given = { SecurityGroups: [GroupId] };
      const LoadBalancerArn = await account.balancer([await account.subnet(VpcId)], given);
      return {
        deletion: ec2("delete_security_group", { GroupId }),
        clearance: [call("elbv2", "delete_load_balancer", { LoadBalancerArn })],
      };
    },
  },
  {
    what: "a security group of a database",
    code: "DependencyViolation",
    arrange: async (account) => {
      const GroupId = await account.group(await account.vpc());
      const database = await account.database({ VpcSecurityGroupIds: [GroupId] });
      return {
        deletion: ec2("delete_security_group", { GroupId }),
        clearance: [dropped(database)],
      };
    },
  },
  {
    what: "a security group of a cluster",
    code: "DependencyViolation",
    arrange: async (account) => {
      const { subnets, vpc } = await account.subnets();
      const GroupId = await account.group(vpc);
      const name = await account.cluster(subnets, [GroupId]);
      return {
        deletion: ec2("delete_security_group", { GroupId }),
        clearance: [call("eks", "delete_cluster", { name })],
      };
    },
  },
];
