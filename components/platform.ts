import * as pulumi from "@pulumi/pulumi";
import type { ImageChoice } from "../planning/data/images.ts";
import type { InfrastructurePlan } from "../planning/infrastructure.ts";
import type { PlatformPlan } from "../planning/plan.ts";
import type { ServicesPlan } from "../planning/services.ts";
import { ArtifactBucket } from "./artifactBucket.ts";
import type { ArtifactStore } from "./artifactStore.ts";
import { type AwsGround, type AwsGroundArgs, createAws } from "./awsGround.ts";
import type { ChosenImage } from "./data/images.ts";
import { ManagedPostgres } from "./data/managedPostgres.ts";
import { Databases, databasesApp } from "./databases.ts";
import { Experiments, experimentsApp, experimentsPort } from "./experiments.ts";
import { Gateway, gatewayApp } from "./gateway.ts";
import { IsolatedNamespace } from "./kubernetes/namespace.ts";
import type { Peer } from "./kubernetes/network.ts";
import { Mlflow, migrationApp, mlflowApp, mlflowPort } from "./mlflow.ts";
import { createModels, type Models } from "./models.ts";
import { Monitoring, scrapersOf } from "./monitoring/monitoring.ts";
import { ObjectStore } from "./objectStore.ts";
import { Postgres } from "./postgres.ts";
import { type ServiceEntry, serviceEntries } from "./serviceEntries.ts";
import type { ServingPrograms } from "./serving/weights.ts";
import { Training, type TrainingArgs, trainingPeers } from "./training/training.ts";

/** What the platform is made from: its services, and in AWS what they stand on. */
export type PlatformArgs = ServicesPlan & {
  readonly serving: PlatformPlan["serving"];
  readonly monitoring: PlatformPlan["monitoring"];
  /** Programs that are mounted beside models. */
  readonly programs: ServingPrograms;
  /** Token of Hugging Face, for gated models. Default: none. */
  readonly hubToken?: pulumi.Input<string> | undefined;
  readonly infrastructure?:
    | (AwsGroundArgs &
        Pick<InfrastructurePlan, "training"> & {
          /** What trainings call. */
          readonly code: TrainingArgs["code"];
        })
    | undefined;
};

/** The whole platform of one environment, from its plan. */
export class Platform extends pulumi.ComponentResource {
  readonly services: pulumi.Output<pulumi.Unwrap<ServiceEntry>[]>;
  /** Name of the load balancer that leads in from outside; undefined where there is none. */
  readonly entrance: pulumi.Output<string> | undefined;

  constructor(name: string, plan: PlatformArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:index:Platform", name, {}, opts);
    const scrapers = scrapersOf(plan.monitoring);
    const aws =
      plan.infrastructure && createAws(plan.infrastructure, scrapers, plan.hubToken, { parent: this });
    const foundation = aws?.foundation;
    const child = { parent: this, ...(foundation ? { providers: [foundation.kubernetes] } : {}) };
    const ground = (workload: string) => foundation?.ground(workload) ?? [];
    const { labels, namespaces } = plan;
    const gatewayPeer: Peer = { namespace: namespaces.gateway, app: gatewayApp };
    const mlflowPeer: Peer = { namespace: namespaces.tracking, app: mlflowApp };
    const migrationPeer: Peer = { namespace: namespaces.tracking, app: migrationApp };
    const experimentsPeer: Peer = { namespace: namespaces.tracking, app: experimentsApp };

    const isolated = (key: keyof typeof namespaces) =>
      new IsolatedNamespace(namespaces[key], { name: namespaces[key], labels }, child);
    const dataNamespace = isolated("data");
    const trackingNamespace = isolated("tracking");
    const gatewayNamespace = isolated("gateway");
    const inTracking = { ...child, dependsOn: trackingNamespace };

    const postgres = postgresServer(plan, [mlflowPeer, migrationPeer], aws, {
      ...child,
      dependsOn: [dataNamespace, ...(foundation?.storage ?? []), ...ground("postgres")],
    });
    const databases = new Databases(
      "databases",
      {
        server: postgres,
        ...plan.databases,
        labels,
        namespace: namespaces.data,
        after: [postgres, ...ground(databasesApp)],
      },
      { ...child, dependsOn: dataNamespace },
    );
    const store = artifactStore(plan, mlflowPeer, aws, {
      ...child,
      dependsOn: [dataNamespace, trackingNamespace],
    });

    const mlflow = new Mlflow(
      "mlflow",
      {
        plan: plan.mlflow,
        labels,
        namespace: namespaces.tracking,
        database: databases.client("mlflow", "psycopg2"),
        artifacts: store,
        host: plan.gateway.host,
        clients: [gatewayPeer, experimentsPeer, ...trainingPeers(plan.infrastructure?.training ?? [])],
        after: ground(mlflowApp),
      },
      inTracking,
    );
    new Experiments(
      "experiments",
      {
        plan: plan.experiments,
        image: chosenImage(plan.experiments.image, aws).ref,
        labels,
        namespace: namespaces.tracking,
        trackingUri: mlflow.trackingUri,
        mlflow: { peer: mlflowPeer, port: mlflowPort },
        host: plan.gateway.host,
        clients: [gatewayPeer],
        after: ground(experimentsApp),
      },
      inTracking,
    );
    const models = createdModels(plan, gatewayPeer, aws, child);
    const training =
      aws &&
      plan.infrastructure &&
      plan.infrastructure.training.length > 0 &&
      new Training(
        "training",
        {
          plans: plan.infrastructure.training,
          code: plan.infrastructure.code,
          labels,
          imageOf: (choice) => chosenImage(choice, aws).ref,
          trackingUri: mlflow.trackingUri,
          mlflow: { peer: mlflowPeer, port: mlflowPort },
          clusterName: aws.foundation.clusterName,
          tags: aws.tags.nodes,
          ground,
        },
        child,
      );
    new Gateway(
      "gateway",
      {
        plan: plan.gateway,
        labels,
        namespace: namespaces.gateway,
        servedNamespaces: [namespaces.tracking, ...(models ? [namespaces.models] : [])],
        backends: [
          { peer: mlflowPeer, port: mlflowPort },
          { peer: experimentsPeer, port: experimentsPort },
          ...(models?.backends ?? []),
        ],
        scrapers,
        after: ground(gatewayApp),
      },
      { ...child, dependsOn: [gatewayNamespace, trackingNamespace, ...(models ? [models.namespace] : [])] },
    );

    new Monitoring(
      "monitoring",
      {
        plan: plan.monitoring,
        labels,
        storage: foundation?.storage ?? [],
        ground,
        among: [
          dataNamespace,
          trackingNamespace,
          gatewayNamespace,
          ...(models?.namespaces ?? []),
          ...(training ? [training.namespace] : []),
          ...(foundation?.namespaces ?? []),
        ],
      },
      child,
    );

    this.entrance = aws?.edge?.dnsName;
    this.services = pulumi.output(serviceEntries(plan, postgres, store, models?.keys ?? []));
    this.registerOutputs({ services: this.services });
  }
}

/** Where there are none, nothing of them is. */
function createdModels(
  plan: PlatformArgs,
  gateway: Peer,
  aws: AwsGround | undefined,
  opts: pulumi.ComponentResourceOptions,
): Models | undefined {
  if (aws === undefined && plan.serving.plans.length === 0) return undefined;
  return createModels(
    {
      plan,
      programs: plan.programs,
      hubToken: plan.hubToken,
      aws: aws && { ...aws, tags: aws.tags.others },
      gateway,
      scrapers: scrapersOf(plan.monitoring),
      imageOf: (choice) => chosenImage(choice, aws),
    },
    opts,
  );
}

function chosenImage(choice: ImageChoice, aws: AwsGround | undefined): ChosenImage {
  if (aws !== undefined) return aws.images.of(choice);
  if (choice.kind === "pulled") return { ref: choice.ref, after: [] };
  throw new Error(`an image is ${choice.kind}, but nothing in AWS is planned`);
}

/** In the cluster it comes after what its volume needs; in RDS it waits for nothing there. */
function postgresServer(
  { databases, labels, namespaces, postgres, protectState }: ServicesPlan,
  clients: readonly Peer[],
  aws: AwsGround | undefined,
  { dependsOn, ...opts }: pulumi.ComponentResourceOptions,
): Postgres | ManagedPostgres {
  if (postgres.kind === "in-cluster") {
    return new Postgres(
      "postgres",
      {
        plan: postgres,
        labels,
        namespace: namespaces.data,
        clients: [{ namespace: namespaces.data, app: databasesApp }, ...clients],
        protectState,
      },
      dependsOn === undefined ? opts : { ...opts, dependsOn },
    );
  }
  if (aws === undefined) throw new Error("PostgreSQL is in RDS, but nothing in AWS is planned");
  const { clusterName, network, securityGroupId } = aws.foundation;
  return new ManagedPostgres(
    "postgres",
    {
      plan: postgres,
      region: aws.region,
      vpcId: network.vpcId,
      subnetIds: network.intraSubnetIds,
      ranges: network.intraRanges,
      clientsSecurityGroupId: securityGroupId,
      keyArn: aws.data.keyArn,
      clientImage: databases.clientImage,
      clusterName,
      tags: aws.tags.database,
      protectState,
    },
    opts,
  );
}

function artifactStore(
  { artifacts, labels, namespaces, protectState, ...plan }: ServicesPlan,
  client: Peer,
  aws: AwsGround | undefined,
  { dependsOn, ...opts }: pulumi.ComponentResourceOptions,
): ArtifactStore & { readonly clientSecret?: pulumi.Output<string> } {
  if (artifacts.kind === "aws") {
    if (aws === undefined) throw new Error("artifacts are in S3, but nothing in AWS is planned");
    const { clusterName } = aws.foundation;
    return new ArtifactBucket(
      "artifacts",
      { ...artifacts, bucket: aws.data.bucket("mlflow"), clusterName, tags: plan.tags },
      opts,
    );
  }
  return new ObjectStore(
    "artifacts",
    {
      ...artifacts,
      image: plan.seaweedfsImage,
      clientImage: plan.mlflow.image,
      labels,
      namespace: namespaces.data,
      clients: [client],
      clientNamespace: client.namespace,
      protectState,
    },
    dependsOn === undefined ? opts : { ...opts, dependsOn },
  );
}
