import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { orderFaults, type SimulatedAws } from "../../sandbox/aws/server.ts";
import { endOwnAws, leadTo, startOwnAws } from "./support/aws/own.ts";

/** Node groups of the simulated AWS where EC2 has no capacity, as a person or the cluster autoscaler meets it. */

const minutes = 60_000;
let aws: SimulatedAws;
const env: NodeJS.ProcessEnv = { PATH: process.env.PATH, AWS_DEFAULT_REGION: "us-east-1" };
let subnet = "";

beforeAll(async () => {
  aws = await startOwnAws({ kubernetes: false });
  await leadTo(aws, env);
  const vpc = await call("ec2 create-vpc --cidr-block 10.0.0.0/16 --query Vpc.VpcId");
  const made = (zone: string, cidr: string) =>
    call(
      `ec2 create-subnet --vpc-id ${vpc} --cidr-block ${cidr} --availability-zone us-east-1${zone} --query Subnet.SubnetId`,
    );
  subnet = await made("a", "10.0.0.0/24");
  const other = await made("b", "10.0.1.0/24");
  const role = "arn:aws:iam::123456789012:role/any";
  await call(
    `eks create-cluster --name c --role-arn ${role} --resources-vpc-config subnetIds=${subnet},${other}`,
  );
  await call("eks wait cluster-active --name c");
}, 20 * minutes);
afterAll(() => endOwnAws(aws));

/** Runs `aws` and gives what it prints as text. */
async function call(command: string): Promise<string> {
  const { stdout } = await execa("aws", [...command.split(" "), "--output", "text"], {
    env,
    extendEnv: false,
  });
  return stdout.trim();
}

const short = (...types: readonly string[]) =>
  orderFaults(
    aws,
    types.map((operation) => ({ service: "capacity", operation, error: "InsufficientInstanceCapacity" })),
  );

const make = (name: string, size: string, types: string) =>
  call(
    `eks create-nodegroup --cluster-name c --nodegroup-name ${name} --node-role arn:aws:iam::123456789012:role/any ` +
      `--subnets ${subnet} --capacity-type SPOT --instance-types ${types} --scaling-config ${size}`,
  );
const shown = (name: string, query: string) =>
  call(`eks describe-nodegroup --cluster-name c --nodegroup-name ${name} --query ${query}`);
const typesOf = (group: string) =>
  call(
    `autoscaling describe-auto-scaling-groups --auto-scaling-group-names ${group} --query AutoScalingGroups[].Instances[].InstanceType`,
  );

const noSpot =
  "Could not launch Spot Instances. InsufficientInstanceCapacity - There is no Spot capacity available that matches " +
  "your request. Launching EC2 instance failed.";

test(
  "a group that begins at zero is made without capacity, takes its next type, and says why it has too few nodes",
  async () => {
    await short("g6.xlarge");
    await make("gpu", "minSize=0,maxSize=3,desiredSize=0", "g6.xlarge g6.2xlarge");
    await call("eks wait nodegroup-active --cluster-name c --nodegroup-name gpu");
    const group = await shown("gpu", "nodegroup.resources.autoScalingGroups[0].name");
    const size = (count: number) =>
      call(`autoscaling set-desired-capacity --auto-scaling-group-name ${group} --desired-capacity ${count}`);
    await size(1);
    expect(await typesOf(group)).toBe("g6.2xlarge");

    await short("g6.xlarge", "g6.2xlarge");
    await size(2);
    expect(await shown("gpu", "nodegroup.status")).toBe("DEGRADED");
    expect(await shown("gpu", "nodegroup.health.issues[].[code,message]")).toBe(
      `AsgInstanceLaunchFailures\t${noSpot}`,
    );
    const activities = `autoscaling describe-scaling-activities --auto-scaling-group-name ${group}`;
    expect(await call(`${activities} --query Activities[].StatusCode`)).toBe("Failed\tSuccessful");
    const change =
      "eks update-nodegroup-config --cluster-name c --nodegroup-name gpu --labels addOrUpdateLabels={a=b}";
    await expect(call(change)).rejects.toThrow("currently not in Active State");

    // Auto Scaling tries again by itself.
    await short();
    expect(await shown("gpu", "nodegroup.status")).toBe("ACTIVE");
    expect((await typesOf(group)).split(/\s+/).sort()).toEqual(["g6.2xlarge", "g6.xlarge"]);
  },
  10 * minutes,
);

test(
  "a group that begins with nodes and gets none is not made",
  async () => {
    await short("m7i.large");
    await make("system", "minSize=1,maxSize=3,desiredSize=1", "m7i.large");
    await expect.poll(() => shown("system", "nodegroup.status"), { timeout: minutes }).toBe("CREATE_FAILED");
    expect(await shown("system", "nodegroup.health.issues[].message")).toBe(noSpot);
    // It stays so when there is capacity again.
    await short();
    expect(await shown("system", "nodegroup.status")).toBe("CREATE_FAILED");
  },
  5 * minutes,
);
