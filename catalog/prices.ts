import { regionRatio } from "./ec2/prices.ts";

/** List price of something that AWS bills. */
export interface ServicePrice {
  /** In us-east-1, in US dollars; the first step where there are several. */
  readonly usd: number;
  readonly per: "hour" | "month" | "GB" | "GB-month" | "IOPS-month" | "MB/s-month" | "LCU-hour";
  /** `everywhere`: one price in all regions. Else other regions are estimated. */
  readonly scope: "everywhere" | "us-east-1";
  /** AWS's pricing page. */
  readonly source: string;
  /** Whether sources disagree or only one was found: check it before a budget depends on it. */
  readonly unsure: boolean;
}

const page = "https://aws.amazon.com";

/**
 * What the platform uses besides EC2. Read 2026-11-23 from public files that quote AWS's pricing pages: none of
 * these pages could be opened itself.
 */
export const servicePrices = {
  eksCluster: everywhere(0.1, "hour", "/eks/pricing"),
  /** In the twelve months after standard support: see `supportOn` in eks.ts. */
  eksClusterExtended: everywhere(0.6, "hour", "/eks/pricing"),
  natGateway: regional(0.045, "hour", "/vpc/pricing"),
  natGatewayTraffic: regional(0.045, "GB", "/vpc/pricing"),
  /** Of each endpoint in each zone. */
  interfaceEndpoint: regional(0.01, "hour", "/privatelink/pricing"),
  interfaceEndpointTraffic: regional(0.01, "GB", "/privatelink/pricing"),
  publicIpv4: everywhere(0.005, "hour", "/vpc/pricing"),
  networkLoadBalancer: regional(0.0225, "hour", "/elasticloadbalancing/pricing"),
  /** Load balancer capacity unit: 800 new TCP connections a second, 100,000 open ones or 1 GB an hour. */
  networkLoadBalancerUnit: regional(0.006, "LCU-hour", "/elasticloadbalancing/pricing"),
  gp3Storage: regional(0.08, "GB-month", "/ebs/pricing"),
  /** Beyond 3,000. */
  gp3Iops: regional(0.005, "IOPS-month", "/ebs/pricing"),
  /** Beyond 125 MB/s. */
  gp3Throughput: regional(0.04, "MB/s-month", "/ebs/pricing"),
  ebsSnapshot: regional(0.05, "GB-month", "/ebs/pricing"),
  /** Single zone; a standby doubles it. */
  rdsStorage: regional(0.115, "GB-month", "/rds/postgresql/pricing"),
  /** Beyond as much as the disk has, and of databases that are gone. */
  rdsBackup: regional(0.095, "GB-month", "/rds/postgresql/pricing"),
  s3Standard: regional(0.023, "GB-month", "/s3/pricing"),
  ecrStorage: regional(0.1, "GB-month", "/ecr/pricing"),
  logIngestion: regional(0.5, "GB", "/cloudwatch/pricing"),
  /** Of compressed logs. */
  logStorage: regional(0.03, "GB-month", "/cloudwatch/pricing"),
  /** Of one metric at standard resolution; an account's first ten are free. */
  cloudWatchAlarm: everywhere(0.1, "month", "/cloudwatch/pricing"),
  kmsKey: everywhere(1, "month", "/kms/pricing"),
  secret: everywhere(0.4, "month", "/secrets-manager/pricing"),
  /** The first 25. */
  hostedZone: everywhere(0.5, "month", "/route53/pricing"),
} as const satisfies Record<string, ServicePrice>;
export type ServicePriceName = keyof typeof servicePrices;

/** A class of RDS instances for PostgreSQL. */
export interface DatabaseClass {
  readonly vcpus: number;
  readonly memoryGiB: number;
  /** Single zone, in us-east-1. */
  readonly usdPerHour: number;
  readonly unsure: boolean;
}

/** Source: RDS for PostgreSQL pricing page as quoted in public price tables, 2026-11-23; r7g in one of them only. */
export const databaseClasses: Readonly<Record<string, DatabaseClass>> = {
  "db.t4g.medium": database(2, 4, 0.065),
  "db.t4g.large": database(2, 8, 0.129),
  "db.t4g.xlarge": database(4, 16, 0.258),
  "db.m7g.large": database(2, 8, 0.168),
  "db.m7g.xlarge": database(4, 16, 0.337),
  "db.m7g.2xlarge": database(8, 32, 0.674),
  "db.r6g.large": database(2, 16, 0.225),
  "db.r6g.xlarge": database(4, 32, 0.45),
  "db.r6g.2xlarge": database(8, 64, 0.899),
  "db.r7g.large": { ...database(2, 16, 0.239), unsure: true },
  "db.r7g.xlarge": { ...database(4, 32, 0.478), unsure: true },
  "db.r7g.2xlarge": { ...database(8, 64, 0.956), unsure: true },
};

/** What a database with a standby in another zone costs, instance and storage, in proportion to one without. */
export const multiZoneFactor = 2;

/** A price in a region, and how sure that is. */
export interface RegionalPrice {
  readonly usd: number;
  readonly per: ServicePrice["per"];
  /** `listed` for the region; `estimated` from us-east-1 by what the region charges more for EC2. */
  readonly basis: "listed" | "estimated";
}

export function servicePrice(region: string, name: ServicePriceName): RegionalPrice {
  const { usd, per, scope }: ServicePrice = servicePrices[name];
  return { per, ...(scope === "everywhere" ? { usd, basis: "listed" } : inRegion(region, usd)) };
}

/** Undefined for a class that the catalog doesn't have. */
export function databasePrice(region: string, name: string, multiZone: boolean): RegionalPrice | undefined {
  const usdPerHour = databaseClasses[name]?.usdPerHour;
  if (usdPerHour === undefined) return undefined;
  return { per: "hour", ...inRegion(region, usdPerHour * (multiZone ? multiZoneFactor : 1)) };
}

function inRegion(region: string, usd: number): Omit<RegionalPrice, "per"> {
  if (region === "us-east-1") return { usd, basis: "listed" };
  return { usd: Math.round(usd * regionRatio(region) * 1e6) / 1e6, basis: "estimated" };
}

function everywhere(usd: number, per: ServicePrice["per"], path: string): ServicePrice {
  return { usd, per, scope: "everywhere", source: `${page}${path}`, unsure: false };
}

function regional(usd: number, per: ServicePrice["per"], path: string): ServicePrice {
  return { usd, per, scope: "us-east-1", source: `${page}${path}`, unsure: false };
}

function database(vcpus: number, memoryGiB: number, usdPerHour: number): DatabaseClass {
  return { vcpus, memoryGiB, usdPerHour, unsure: false };
}
