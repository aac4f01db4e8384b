import { ACMClient, DescribeCertificateCommand, RequestCertificateCommand } from "@aws-sdk/client-acm";
import { CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import {
  AllocateAddressCommand,
  CreateCapacityReservationCommand,
  DescribeCapacityBlockOfferingsCommand,
  DescribeSubnetsCommand,
  EC2Client,
  PurchaseCapacityBlockCommand,
} from "@aws-sdk/client-ec2";
import { CreateClusterCommand, EKSClient } from "@aws-sdk/client-eks";
import {
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  Route53Client,
} from "@aws-sdk/client-route-53";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { RequestServiceQuotaIncreaseCommand, ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import type { SimulatedAws } from "../../../sandbox/aws/server.ts";

const credentials = { accessKeyId: "simulated", secretAccessKey: "simulated" };

/** What people and other programs do in an account before the doctor looks at it. */
export function account({ endpoint }: SimulatedAws) {
  // The SDK's farewell to Node.js 20; the lock file decides which SDK runs.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  const config = { endpoint, region: "us-east-1", credentials };
  const ec2 = new EC2Client(config);
  const route53 = new Route53Client(config);
  return {
    /** Runs the command that the doctor has printed, as far as it is one about quotas. */
    raiseQuota: async (command: string) => {
      const option = (name: string) => new RegExp(`--${name} (\\S+)`).exec(command)?.[1];
      await new ServiceQuotasClient({ ...config, region: option("region") ?? "" }).send(
        new RequestServiceQuotaIncreaseCommand({
          ServiceCode: option("service-code"),
          QuotaCode: option("quota-code"),
          DesiredValue: Number(option("desired-value")),
        }),
      );
    },

    useVcpus: (kind: string, vcpus: number) =>
      new CloudWatchClient(config).send(
        new PutMetricDataCommand({
          Namespace: "AWS/Usage",
          MetricData: [
            {
              MetricName: "ResourceCount",
              Dimensions: [
                { Name: "Class", Value: kind },
                { Name: "Resource", Value: "vCPU" },
                { Name: "Service", Value: "EC2" },
                { Name: "Type", Value: "Resource" },
              ],
              Value: vcpus,
              Timestamp: new Date(Date.now() - 60_000),
            },
          ],
        }),
      ),

    takeAddresses: async (count: number) => {
      for (let n = 0; n < count; n++) await ec2.send(new AllocateAddressCommand({ Domain: "vpc" }));
    },

    reserve: async (instanceType: string, zone: string, count: number) => {
      const { CapacityReservation } = await ec2.send(
        new CreateCapacityReservationCommand({
          InstanceType: instanceType,
          AvailabilityZone: zone,
          InstanceCount: count,
          InstancePlatform: "Linux/UNIX",
        }),
      );
      return CapacityReservation?.CapacityReservationId ?? "";
    },

    buyBlock: async (instanceType: string, count: number) => {
      const { CapacityBlockOfferings = [] } = await ec2.send(
        new DescribeCapacityBlockOfferingsCommand({
          InstanceType: instanceType,
          InstanceCount: count,
          CapacityDurationHours: 24 * 7,
        }),
      );
      const { CapacityReservation } = await ec2.send(
        new PurchaseCapacityBlockCommand({
          CapacityBlockOfferingId: CapacityBlockOfferings[0]?.CapacityBlockOfferingId,
          InstancePlatform: "Linux/UNIX",
        }),
      );
      return {
        id: CapacityReservation?.CapacityReservationId ?? "",
        endsAt: CapacityReservation?.EndDate?.toISOString() ?? "",
      };
    },

    /** @returns its id */
    createZone: async (name: string) => {
      const { HostedZone } = await route53.send(
        new CreateHostedZoneCommand({ Name: name, CallerReference: `${name}-${Date.now()}` }),
      );
      return (HostedZone?.Id ?? "").replace("/hostedzone/", "");
    },

    addRecord: (zoneId: string, name: string, type: "A" | "CAA", value: string) =>
      route53.send(
        new ChangeResourceRecordSetsCommand({
          HostedZoneId: zoneId,
          ChangeBatch: {
            Changes: [
              {
                Action: "CREATE",
                ResourceRecordSet: { Name: name, Type: type, TTL: 300, ResourceRecords: [{ Value: value }] },
              },
            ],
          },
        }),
      ),

    issueCertificate: async (host: string) => {
      const acm = new ACMClient(config);
      const { CertificateArn } = await acm.send(
        new RequestCertificateCommand({ DomainName: host, ValidationMethod: "DNS" }),
      );
      // Whoever looks starts the proof, which takes no time here.
      await acm.send(new DescribeCertificateCommand({ CertificateArn }));
      return CertificateArn ?? "";
    },

    createCluster: async (name: string, version: string) => {
      const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
      await new EKSClient(config).send(
        new CreateClusterCommand({
          name,
          version,
          roleArn: "arn:aws:iam::123456789012:role/cluster",
          resourcesVpcConfig: { subnetIds: Subnets.slice(0, 2).flatMap(({ SubnetId }) => SubnetId ?? []) },
        }),
      );
    },

    /** In this account, or as another by a role of it. */
    createBucket: async (name: string, by?: string) => {
      const own = by === undefined ? credentials : await keysOf(config, by);
      const s3 = new S3Client({ ...config, credentials: own, forcePathStyle: true });
      await s3.send(new CreateBucketCommand({ Bucket: name }));
    },
  };
}

async function keysOf(config: { endpoint: string; region: string }, accountId: string) {
  const { Credentials } = await new STSClient({ ...config, credentials }).send(
    new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${accountId}:role/other`, RoleSessionName: "test" }),
  );
  return {
    accessKeyId: Credentials?.AccessKeyId ?? "",
    secretAccessKey: Credentials?.SecretAccessKey ?? "",
    sessionToken: Credentials?.SessionToken ?? "",
  };
}
