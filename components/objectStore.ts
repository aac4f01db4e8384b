import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { Resources } from "../planning/services.ts";
import type { ArtifactStore } from "./artifactStore.ts";
import { generated, type Placement } from "./kubernetes/metadata.ts";
import type { Peer } from "./kubernetes/network.ts";
import { secretFiles } from "./kubernetes/pod.ts";
import { StatefulService } from "./kubernetes/statefulService.ts";
import { Task } from "./kubernetes/task.ts";

export interface ObjectStoreArgs extends Placement {
  readonly image: string;
  /** Image with Python and boto3, for the Job that makes the bucket. */
  readonly clientImage: string;
  readonly storageGi: number;
  readonly resources: Resources;
  readonly bucket: string;
  /** Workloads that may connect. */
  readonly clients: readonly Peer[];
  /** Namespace that gets a Secret with the bucket's keys. */
  readonly clientNamespace: string;
  /** Refuses to delete the data volume. */
  readonly protectState: boolean;
}

const app = "seaweedfs";
const bucketsApp = "seaweedfs-buckets";
const port = 8333;
/** The image's files belong to root; the process needs no name. */
const user = 1000;
/** SeaweedFS ignores regions, SDKs insist on one. */
const region = "us-east-1";

/**
 * SeaweedFS in one pod: an S3 API for environments without AWS. Only that API listens on the network; the master,
 * volume and filer servers, which ask nobody for a password, stay on the pod's loopback.
 *
 * The bucket's user may read, write and list that bucket and nothing else; an administrator that only the Job knows
 * makes it. For the volume see `StatefulService`.
 */
export class ObjectStore extends pulumi.ComponentResource implements ArtifactStore {
  readonly bucket: pulumi.Output<string>;
  readonly env: ArtifactStore["env"];
  readonly secretEnv: ArtifactStore["secretEnv"];
  readonly destination: ArtifactStore["destination"];
  readonly reachableFromOutside = false;
  /** Secret with `access-key` and `secret-key` of the bucket's user, in the clients' namespace. */
  readonly clientSecret: pulumi.Output<string>;

  constructor(name: string, args: ObjectStoreArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:index:ObjectStore", name, {}, opts);
    const child = { parent: this };
    const { bucket, clientImage, clientNamespace, clients, labels, namespace } = args;

    const client = new Keys(`${name}-client`, child);
    const admin = new Keys(`${name}-admin`, child);
    const identities = new k8s.core.v1.Secret(
      `${name}-identities`,
      {
        metadata: generated(app, args),
        immutable: true,
        stringData: { "s3.json": identitiesFile(bucket, client, admin) },
      },
      child,
    );
    const server = new StatefulService(
      name,
      {
        ...args,
        app,
        user,
        command: ["weed", "-logtostderr=true", "server", ...serverFlags],
        mounts: [secretFiles("identities", "/etc/seaweedfs", identities.metadata.name)],
        port: { name: "s3", number: port },
        healthy: { httpGet: { path: "/healthz", port } },
        startSeconds: 120,
        graceSeconds: 60,
        dataPath: "/data",
        from: [...clients, { namespace, app: bucketsApp }],
      },
      child,
    );
    this.env = {
      AWS_ENDPOINT_URL_S3: `http://${server.host}:${port}`,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
    };
    this.destination = { peer: { namespace, app }, port };

    const task = new Task(
      `${name}-buckets`,
      {
        namespace,
        labels,
        app: bucketsApp,
        image: clientImage,
        user,
        command: ["python", "-c", createBucket],
        env: { ...this.env, BUCKET: bucket },
        secretEnv: keyVariables(admin.secret(`${name}-admin`, bucketsApp, args, child)),
        resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } },
        key: bucket,
        to: [this.destination],
      },
      { ...child, dependsOn: server },
    );

    this.clientSecret = client.secret(`${name}-client`, app, { labels, namespace: clientNamespace }, child);
    this.secretEnv = keyVariables(this.clientSecret);
    this.bucket = task.done.apply(() => bucket);
    this.registerOutputs({ bucket: this.bucket, clientSecret: this.clientSecret });
  }
}

/** A generated pair of S3 keys. */
class Keys {
  readonly accessKey: pulumi.Output<string>;
  readonly secretKey: pulumi.Output<string>;

  constructor(name: string, opts: pulumi.CustomResourceOptions) {
    const pair = { special: false };
    this.accessKey = new random.RandomString(
      `${name}-access-key`,
      { ...pair, length: 20, lower: false },
      opts,
    ).result;
    this.secretKey = new random.RandomPassword(`${name}-secret-key`, { ...pair, length: 40 }, opts).result;
  }

  secret(name: string, owner: string, placement: Placement, opts: pulumi.CustomResourceOptions) {
    const stringData = { "access-key": this.accessKey, "secret-key": this.secretKey };
    const metadata = generated(owner, placement);
    return new k8s.core.v1.Secret(`${name}-keys`, { metadata, immutable: true, stringData }, opts).metadata
      .name;
  }
}

function keyVariables(secret: pulumi.Output<string>): ArtifactStore["secretEnv"] {
  return {
    AWS_ACCESS_KEY_ID: { secret, key: "access-key" },
    AWS_SECRET_ACCESS_KEY: { secret, key: "secret-key" },
  };
}

function identitiesFile(bucket: string, client: Keys, admin: Keys): pulumi.Output<string> {
  const identity = (name: string, { accessKey, secretKey }: Keys, actions: string[]) => ({
    name,
    credentials: [{ accessKey, secretKey }],
    actions,
  });
  const ofBucket = ["Read", "Write", "List", "Tagging"].map((action) => `${action}:${bucket}`);
  return pulumi.jsonStringify({
    identities: [
      identity("client", client, ofBucket),
      identity("admin", admin, ["Admin", "Read", "Write", "List", "Tagging"]),
    ],
  });
}

const serverFlags = [
  "-dir=/data",
  "-ip=127.0.0.1",
  "-ip.bind=127.0.0.1",
  "-master.telemetry=false",
  // Volumes are files that grow to this size; the default of 30 GB does not fit small disks.
  "-master.volumeSizeLimitMB=1024",
  "-volume.max=0",
  // A volume server waits this long for others to learn that it goes; here there is no other.
  "-volume.preStopSeconds=0",
  "-filer",
  "-s3",
  "-s3.ip.bind=0.0.0.0",
  `-s3.port=${port}`,
  "-s3.config=/etc/seaweedfs/s3.json",
  "-s3.iam=false",
  "-s3.autoCreateBucket=false",
  "-s3.port.iceberg=0",
  "-s3.port.lance=0",
];

const createBucket = `import os, boto3
s3 = boto3.client("s3")
bucket = os.environ["BUCKET"]
if bucket not in [b["Name"] for b in s3.list_buckets()["Buckets"]]:
    s3.create_bucket(Bucket=bucket)
`;
