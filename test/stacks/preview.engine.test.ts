import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addonControllers } from "../../catalog/addons/controllers.ts";
import { planPlatform } from "../../planning/plan.ts";
import { unmade } from "../../planning/unmade.ts";
import { ScratchProject } from "../../sandbox/engine/scratch.ts";
import { repoRoot } from "../../sandbox/lib/paths.ts";
import { type Environment, environments } from "../../spec/platform.ts";
import { describeEnvironment } from "../../stacks/environments.ts";
import { appsOf, errorsIn, graphText, nameOf, Order, type Step, stepsOf } from "../support/graph.ts";
import { renderStack } from "../support/stacks.ts";

/** The real engine, the real SDK's program loader and the real policy runner, with no cluster, no account and no network. */

let project: ScratchProject;

beforeAll(async () => {
  project = await ScratchProject.create();
  project.env.KUBECONFIG = join(project.folder, "no-kubeconfig");
  for (const stack of [...environments, "production"]) {
    const { all, exitCode } = await project.pulumi("stack", "init", stack, "--no-select");
    if (exitCode !== 0) throw new Error(all);
  }
}, 300_000);

afterAll(() => project.remove());

const preview = (stack: string, ...args: string[]) =>
  project.withoutNetwork().pulumi("preview", `--stack=${stack}`, "--policy-pack=policy", ...args);

const previews = new Map<Environment, Promise<Step[]>>();

/** What a stack's preview creates; made once. */
function previewed(environment: Environment): Promise<Step[]> {
  const made = previews.get(environment) ?? previewSteps(environment);
  previews.set(environment, made);
  return made;
}

async function previewSteps(environment: Environment): Promise<Step[]> {
  const { exitCode, stderr, stdout } = await preview(environment, "--json");
  if (exitCode !== 0) throw new Error([...errorsIn(stdout), stderr].join("\n"));
  return stepsOf(stdout);
}

describe.each(environments)("%s", (environment) => {
  let steps: Step[] = [];

  beforeAll(async () => {
    steps = await previewed(environment);
  }, 300_000);

  /** Providers that the program makes are resources, those that the engine makes are not. */
  const custom = () =>
    steps.filter(
      ({ newState, urn }) =>
        newState.custom &&
        !(newState.type.startsWith("pulumi:providers:") && nameOf(urn).startsWith("default")),
    );
  const shown = ({ newState, urn }: Step) => `${newState.type}::${nameOf(urn)}`;

  test("previews whole, with no cluster, no account, no network and no violation", async () => {
    expect(new Set(custom().map(({ op }) => op))).toEqual(new Set(["create"]));
    const rendered = (await renderStack(environment)).map(({ name, type }) => `${type}::${name}`);
    expect(custom().map(shown).sort()).toEqual(rendered.sort());
  }, 120_000);

  test("protects its state in prod, and only there", () => {
    expect(
      steps
        .filter(({ newState }) => newState.protect && newState.custom)
        .map(shown)
        .sort(),
    ).toEqual(
      environment === "prod"
        ? [
            "aws:ec2/subnet:Subnet::network-intra-a-10.0.196.0/22",
            "aws:ec2/subnet:Subnet::network-intra-b-10.0.212.0/22",
            "aws:ec2/subnet:Subnet::network-intra-c-10.0.228.0/22",
            "aws:ec2/subnet:Subnet::network-private-a-10.0.0.0/18",
            "aws:ec2/subnet:Subnet::network-private-b-10.0.64.0/18",
            "aws:ec2/subnet:Subnet::network-private-c-10.0.128.0/18",
            "aws:ec2/subnet:Subnet::network-public-a-10.0.192.0/22",
            "aws:ec2/subnet:Subnet::network-public-b-10.0.208.0/22",
            "aws:ec2/subnet:Subnet::network-public-c-10.0.224.0/22",
            "aws:ec2/vpc:Vpc::network-10.0.0.0/16",
            "aws:eks/cluster:Cluster::cluster",
            "aws:kms/key:Key::cluster",
            "aws:kms/key:Key::data",
            "aws:kms/key:Key::data-replica",
            "aws:lb/loadBalancer:LoadBalancer::edge",
            "aws:rds/instance:Instance::postgres",
            "aws:s3/bucket:Bucket::dvc",
            "aws:s3/bucket:Bucket::dvc-replica",
            "aws:s3/bucket:Bucket::mlflow",
            "aws:s3/bucket:Bucket::models",
          ]
        : [],
    );
  });

  test("makes every workload that its plan has nodes for, but for those that the plan itself says aren't made yet", async () => {
    const { infrastructure } = await planPlatform(describeEnvironment(environment, repoRoot));
    if (infrastructure === undefined) return;
    const { nodeGroups } = infrastructure;
    const planned = nodeGroups.flatMap(({ pods }) => Object.keys(pods));
    const made = new Set([...addonControllers.map(({ name }) => name), ...steps.flatMap(appsOf)]);
    // Names of models have dots, those of objects don't.
    const isMade = (name: string) => made.has(name.replaceAll(".", "-"));
    expect([...new Set(planned)].filter((name) => !isMade(name)).sort()).toEqual(unmade(nodeGroups));
  });

  test("consists of these resources", async () => {
    await expect(graphText(steps)).toMatchFileSnapshot(`graphs/${environment}.txt`);
  });
});

/** Edges of the graph: what is created later is deleted earlier. */
describe.each(["dev", "prod"] as const)("the order of %s", (environment) => {
  let order: Order;

  beforeAll(async () => {
    order = new Order(await previewed(environment));
  }, 300_000);

  const nodeGroups = () => order.all("aws:eks/nodeGroup:NodeGroup");
  const cluster = () => order.one("aws:eks/cluster:Cluster", "cluster");

  test("nodes come after what a node can't be ready without, and keep their way out until they are gone", () => {
    expect(nodeGroups().length).toBeGreaterThan(1);
    const needed = [
      cluster(),
      ...order.all("Addon", "vpc-cni", "kube-proxy", "eks-pod-identity-agent"),
      ...order.all("RolePolicyAttachment").filter((urn) => nameOf(urn).startsWith("node-")),
      ...order.all("NatGateway"),
      ...order.all("Route"),
      ...order.all("RouteTableAssociation").filter((urn) => nameOf(urn).includes("private")),
      ...order.all("SubnetCidrReservation"),
      order.one("VpcEndpoint", "network-s3"),
    ];
    expect(needed.length).toBeGreaterThan(12);
    for (const group of nodeGroups()) expect(order.notBefore(group, needed), nameOf(group)).toEqual([]);
  });

  test("the cluster comes after its log group, its key and its rights, so that they go after it", () => {
    const needed = [
      order.one("LogGroup", "cluster-logs"),
      order.one("Key", "cluster"),
      order.one("Key", "logs"),
      order.one("RolePolicyAttachment", "cluster-AmazonEKSClusterPolicy"),
      ...order.all("Subnet").filter((urn) => nameOf(urn).includes("intra")),
    ];
    expect(order.notBefore(cluster(), needed)).toEqual([]);
  });

  test("what has Deployments comes after a node, and snapshots before the driver that takes them", () => {
    const system = nodeGroups().filter((urn) => nameOf(urn).startsWith("system-"));
    expect(system.length).toBeGreaterThan(0);
    for (const name of ["coredns", "metrics-server", "aws-ebs-csi-driver", "snapshot-controller"]) {
      expect(order.notBefore(order.one("Addon", name), system), name).toEqual([]);
    }
    expect(
      order.notBefore(order.one("Addon", "aws-ebs-csi-driver"), [order.one("Addon", "snapshot-controller")]),
    ).toEqual([]);
  });

  test("the metrics API comes after every namespace and what answers for it, so that it goes before they do", () => {
    const api = order.one("APIService", "metrics-api");
    const namespaces = order.all("Namespace");
    expect(namespaces.map(nameOf)).toContain("ai-monitoring");
    expect(namespaces.length).toBeGreaterThan(7);
    const answering = [
      order.one("Deployment", "metrics-api"),
      order.one("Service", "metrics-api"),
      ...order.all("RoleBinding", "metrics-api-reader", "metrics-api-pods"),
      order.one("ClusterRoleBinding", "metrics-api-delegator"),
    ];
    expect(order.notBefore(api, [...namespaces, ...answering])).toEqual([]);
  });

  test("everything in the cluster comes after it, and pods after nodes and name resolution", () => {
    const inCluster = [
      "Namespace",
      "Deployment",
      "StatefulSet",
      "Job",
      "Secret",
      "ConfigMap",
      "PersistentVolumeClaim",
    ].flatMap((kind) => order.all(kind));
    expect(inCluster.length).toBeGreaterThan(15);
    for (const urn of inCluster) expect(order.notBefore(urn, [cluster()]), nameOf(urn)).toEqual([]);

    const system = nodeGroups().filter((urn) => nameOf(urn).startsWith("system-"));
    const workloads = ["Deployment", "StatefulSet", "Job"].flatMap((kind) => order.all(kind));
    for (const urn of workloads) {
      expect(order.notBefore(urn, [order.one("Addon", "coredns"), ...system]), nameOf(urn)).toEqual([]);
    }
    for (const name of ["mlflow", "experiments"]) {
      const groups = nodeGroups().filter((urn) => order.before(order.one("Deployment", name)).has(urn));
      expect(
        groups.map(nameOf).some((group) => group.startsWith("cpu-")),
        name,
      ).toBe(true);
    }
  });

  test("a gateway comes after the way to the internet, which can't go while it holds an address", () => {
    const needed = [order.one("InternetGateway", "network"), order.one("Route", "network-public")];
    for (const gateway of order.all("NatGateway")) expect(order.notBefore(gateway, needed)).toEqual([]);
  });

  test("the load balancer comes after the way to the internet and the policy of the bucket for its logs, and needs no cluster", () => {
    const balancer = order.one("LoadBalancer", "edge");
    const needed = [
      order.one("InternetGateway", "network"),
      order.one("Route", "network-public"),
      order.one("BucketPolicy", "access-logs"),
      ...order.all("RouteTableAssociation").filter((urn) => nameOf(urn).includes("public")),
    ];
    expect(needed.length).toBeGreaterThan(4);
    expect(order.notBefore(balancer, needed)).toEqual([]);
    for (const urn of [balancer, order.one("Listener", "edge"), order.one("Record", "edge")]) {
      expect(order.before(urn).has(cluster()), nameOf(urn)).toBe(false);
    }
  });

  test("nodes come to the load balancer when it listens with a certificate that was issued, and leave it before they go", () => {
    const attachments = order.all("Attachment");
    const groups = nodeGroups().filter((urn) =>
      attachments.some((attached) => order.before(attached).has(urn)),
    );
    expect(groups.map(nameOf).every((name) => name.startsWith("system-"))).toBe(true);
    expect(groups).toHaveLength(attachments.length);
    const needed = [order.one("Listener", "edge"), order.one("CertificateValidation", "edge")];
    for (const urn of attachments) expect(order.notBefore(urn, needed)).toEqual([]);
  });

  test("alarms come after the policy of their topic, and nothing waits for them", () => {
    const alarms = order.all("MetricAlarm");
    expect(alarms.length).toBeGreaterThan(8);
    for (const urn of alarms) expect(order.notBefore(urn, [order.one("TopicPolicy", "alarms")])).toEqual([]);
    for (const urn of order.all("Deployment")) {
      expect(order.notBefore(urn, alarms), nameOf(urn)).toHaveLength(alarms.length);
    }
  });

  test("databases are made when the server lets in and its password may be read, and programs come after", () => {
    const needed = [
      order.one("aws:rds/instance:Instance", "postgres"),
      order.one("SecurityGroupIngressRule", "postgres"),
      order.one("RolePolicy", "postgres-master-secret"),
      order.one("PodIdentityAssociation", "postgres-master"),
    ];
    const job = order.one("Job", "databases");
    expect(order.notBefore(job, needed)).toEqual([]);
    expect(order.notBefore(order.one("Job", "mlflow-migration"), [job])).toEqual([]);
    expect(order.notBefore(order.one("Deployment", "mlflow"), [job])).toEqual([]);
  });

  test("an image comes after its repository and the rules of it, and what runs it comes after the image", () => {
    const image = order.one("docker-build:index:Image", "experiments");
    const needed = [
      order.one("aws:ecr/repository:Repository", "experiments"),
      order.one("LifecyclePolicy", "experiments"),
    ];
    expect(order.notBefore(image, needed)).toEqual([]);
    expect(order.notBefore(order.one("Deployment", "experiments"), [image])).toEqual([]);
  });

  test("a server comes after the copy of its image, and that after its repository", () => {
    const copies = order.all("docker-build:index:Index");
    expect(copies.length).toBeGreaterThan(0);
    for (const copy of copies) {
      const repository = order.one("aws:ecr/repository:Repository", nameOf(copy));
      expect(order.notBefore(copy, [repository])).toEqual([]);
    }
    const servers = order
      .all("Deployment")
      .filter((urn) => JSON.stringify(order.inputs(urn)).includes("/mirror/vllm/vllm-openai:"));
    expect(servers.length).toBeGreaterThan(0);
    const vllm = order.one("docker-build:index:Index", "mirror-vllm");
    for (const server of servers) expect(order.notBefore(server, [vllm])).toEqual([]);
  });

  test("what doesn't need the cluster doesn't wait for it", () => {
    const types = [
      "docker-build:index:Image",
      "Bucket",
      "BucketVersioning",
      "BucketLifecycleConfiguration",
      "Key",
      "aws:iam/role:Role",
      "RolePolicy",
      "RolePolicyAttachment",
      "LaunchTemplate",
      "FlowLog",
      "LogGroup",
      "NatGateway",
      "aws:rds/instance:Instance",
      "aws:rds/parameterGroup:ParameterGroup",
      "aws:rds/subnetGroup:SubnetGroup",
    ];
    // Interfaces that are spelled out name the cluster's security group.
    const free = types
      .flatMap((type) => order.all(type))
      .filter((urn) => order.inputs(urn).networkInterfaces === undefined);
    expect(free.length).toBeGreaterThan(20);
    for (const urn of free) expect(order.before(urn).has(cluster()), nameOf(urn)).toBe(false);
  });

  test("the cluster doesn't wait for gateways, nor node groups for each other, nor early add-ons for each other", () => {
    const later = [
      ...order.all("NatGateway"),
      ...order.all("FlowLog"),
      ...order.all("SubnetCidrReservation"),
    ];
    expect(order.notBefore(cluster(), later)).toHaveLength(later.length);
    for (const alike of [
      nodeGroups(),
      order.all("Addon", "vpc-cni", "kube-proxy", "eks-pod-identity-agent"),
    ]) {
      for (const urn of alike) expect(order.notBefore(urn, alike)).toHaveLength(alike.length);
    }
  });

  test("only pods wait for nodes: not what they read, nor rights, nor rules", () => {
    const quick = [
      ...order.all("Namespace"),
      ...order.all("StorageClass"),
      ...order.all("PodIdentityAssociation"),
      ...order.all("ClusterRole"),
      ...order.all("ClusterRoleBinding"),
      ...order.all("ServiceAccount"),
      ...order.all("NetworkPolicy"),
      ...order.all("ConfigMap"),
      ...order.all("RandomPassword"),
      order.one("Secret", "databases-passwords"),
    ];
    expect(quick.length).toBeGreaterThan(20);
    for (const urn of quick) {
      expect(order.notBefore(urn, nodeGroups()), nameOf(urn)).toHaveLength(nodeGroups().length);
    }
  });

  test("add-ons don't wait until the autoscaler knows their nodes, but what starts on nodes from zero does", () => {
    const tags = order.all("aws:autoscaling/tag:Tag");
    for (const urn of order.all("Addon")) {
      expect(order.notBefore(urn, tags), nameOf(urn)).toHaveLength(tags.length);
    }
    if (environment === "prod") return;
    expect(tags.length).toBeGreaterThan(4);
    expect(order.notBefore(order.one("Deployment", "mlflow"), tags).length).toBeLessThan(tags.length);
  });

  test("the database, the load balancer, buckets and images need neither the cluster nor each other", () => {
    const alone = [
      order.one("aws:rds/instance:Instance", "postgres"),
      order.one("LoadBalancer", "edge"),
      ...order.all("aws:s3/bucket:Bucket").filter((urn) => nameOf(urn) !== "access-logs"),
      ...order.all("Repository"),
    ];
    expect(alone.length).toBeGreaterThan(6);
    for (const urn of alone) {
      expect(order.notBefore(urn, [cluster(), ...alone]), nameOf(urn)).toHaveLength(alone.length + 1);
    }
  });
});

describe("PostgreSQL in a pod of an AWS environment", () => {
  let pods: ScratchProject;
  let order: Order;

  beforeAll(async () => {
    pods = await ScratchProject.create("program.cjs");
    const root = JSON.stringify(repoRoot);
    await writeFile(
      join(pods.folder, "program.cjs"),
      `const { load } = require(require("node:path").join(${root}, "runtime/load.cjs"));
module.exports = load("test/support/inClusterPostgres.ts").run(${root});
`,
    );
    pods.env.KUBECONFIG = join(pods.folder, "no-kubeconfig");
    await pods.pulumi("stack", "init", "dev", "--no-select");
    const { exitCode, stderr, stdout } = await pods.pulumi("preview", "--stack=dev", "--json");
    if (exitCode !== 0) throw new Error([...errorsIn(stdout), stderr].join("\n"));
    order = new Order(stepsOf(stdout));
  }, 300_000);

  afterAll(() => pods.remove());

  test("has no database in RDS, and no rights to its password", () => {
    expect(order.all("aws:rds/instance:Instance")).toEqual([]);
    expect(order.all("PodIdentityAssociation", "postgres-master")).toEqual([]);
    expect(order.notBefore(order.one("Job", "databases"), [order.one("StatefulSet", "postgres")])).toEqual(
      [],
    );
  });

  test("its volume comes after the driver and the class that make it, so that these go last", () => {
    const needed = [order.one("Addon", "aws-ebs-csi-driver"), order.one("StorageClass", "storage")];
    const claims = order.all("PersistentVolumeClaim");
    expect(claims.map(nameOf)).toContain("postgres");
    for (const claim of claims) expect(order.notBefore(claim, needed)).toEqual([]);
  });
});

test("a stack that is no environment is refused with the names there are, and without a stack trace", async () => {
  const { all, exitCode } = await preview("production");
  expect(exitCode).not.toBe(0);
  expect(all).toContain('stack "production": unknown, did you mean prod? allowed: local, dev, staging, prod');
  expect(all).not.toMatch(/^\s+at /m);
}, 120_000);

describe("a resource that breaks a rule", () => {
  let broken: ScratchProject;

  beforeAll(async () => {
    broken = await ScratchProject.create("program.cjs");
    await writeFile(
      join(broken.folder, "program.cjs"),
      `const aws = require("@pulumi/aws");
const kubernetes = require("@pulumi/kubernetes");
new aws.s3.Bucket("untagged", { tags: { Project: "p" } });
new kubernetes.core.v1.ConfigMap("unlabelled", { data: { key: "value" } });
const statement = { Sid: "All", Effect: "Allow", Action: "s3:*", Resource: "*" };
const policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
new aws.iam.RolePolicy("open", { role: "role", policy });
`,
    );
    broken.env.KUBECONFIG = join(broken.folder, "no-kubeconfig");
    await broken.pulumi("stack", "init", "dev", "--no-select");
  }, 120_000);

  afterAll(() => broken.remove());

  test("stops the preview and is named with what it misses", async () => {
    const { all, exitCode } = await broken.pulumi(
      "preview",
      "--stack=dev",
      `--policy-pack=${join(project.folder, "policy")}`,
    );
    expect(exitCode, all).not.toBe(0);
    expect(all).toMatch(/\[mandatory\].*aws-required-tags\s+\(aws:s3:Bucket: untagged\)/);
    expect(all).toContain("has no tag Environment, Owner, CostCenter, ManagedBy");
    expect(all).toMatch(
      /\[mandatory\].*kubernetes-required-labels\s+\(kubernetes:core\/v1:ConfigMap: unlabelled\)/,
    );
    expect(all).toMatch(/\[mandatory\].*aws-no-wildcard-write\s+\(aws:iam:RolePolicy: open\)/);
    expect(all).toContain("All: s3:* changes all that is *, and no condition says which");
  }, 120_000);
});
