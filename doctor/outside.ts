/**
 * All that the doctor asks of the outside: AWS and public DNS. Answers are plain values; the checks judge them. Nothing is
 * created or changed.
 */
export interface Outside {
  /** Who the credentials belong to. */
  readonly identity: () => Promise<Identity>;
  /** Whether the account may use a region: `opted-in`, `opt-in-not-required`, `not-opted-in`; undefined: unknown. */
  readonly optInStatus: (region: string) => Promise<string | undefined>;
  /** Availability zones of the stack's region, by name. */
  readonly zones: () => Promise<ReadonlyMap<string, Zone>>;
  /** @param region where Service Quotas keeps it */
  readonly quota: (service: string, code: string, region: string) => Promise<QuotaValue | undefined>;
  /** What of a quota is in use; undefined where AWS doesn't say. */
  readonly inUse: (code: string, value: QuotaValue, region: string) => Promise<number | undefined>;
  /** Zones of the stack's region that offer each of these instance types. */
  readonly offerings: (types: readonly string[]) => Promise<ReadonlyMap<string, readonly string[]>>;
  /** A capacity reservation or block; undefined where the account has none of that id in the region. */
  readonly reservation: (id: string) => Promise<Reservation | undefined>;
  /** Images that Amazon publishes under a name, in which `*` stands for anything. */
  readonly images: (name: string) => Promise<readonly Image[]>;
  /** Zones of Route 53 with exactly this name. */
  readonly hostedZones: (name: string) => Promise<readonly HostedZone[]>;
  /** Records of a zone with exactly this name; none where there is no such zone. */
  readonly records: (zoneId: string, name: string) => Promise<readonly DnsRecord[]>;
  /** Name servers of a domain as the internet sees them; empty where it sees none. */
  readonly nameServers: (domain: string) => Promise<readonly string[]>;
  /** A certificate of ACM in the stack's region; undefined where the account has none with that ARN. */
  readonly certificate: (arn: string) => Promise<Certificate | undefined>;
  /** Kubernetes versions that EKS offers, with the kind of support: `STANDARD_SUPPORT` and so on. */
  readonly kubernetesVersions: () => Promise<ReadonlyMap<string, string>>;
  /** Builds of each add-on that EKS offers for a version of Kubernetes, newest first. */
  readonly addonBuilds: (kubernetes: string) => Promise<ReadonlyMap<string, readonly string[]>>;
  /** Version of a cluster; undefined where there is none of that name. */
  readonly clusterVersion: (name: string) => Promise<string | undefined>;
  /** Names of the account's own buckets. */
  readonly ownBuckets: () => Promise<ReadonlySet<string>>;
  /** Whether a bucket's name is taken by anybody. */
  readonly bucketTaken: (name: string, region: string) => Promise<boolean>;
}

export interface Identity {
  readonly account: string;
  readonly arn: string;
}

export interface Zone {
  /** The same in every account, such as `use1-az4`. */
  readonly id: string;
  /** `available`, or why not. */
  readonly state: string;
}

export interface QuotaValue {
  readonly limit: number;
  /** The metric in CloudWatch by which AWS counts what is in use; undefined for a quota without one. */
  readonly metric: UsageMetric | undefined;
}

export interface UsageMetric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** Statistic by which it is compared with the quota. */
  readonly statistic: string;
}

export interface Reservation {
  /** `active`, `scheduled`, `expired` and so on. */
  readonly state: string;
  readonly capacityBlock: boolean;
  readonly instanceType: string;
  readonly zone: string;
  readonly total: number;
  /** Instances that can still be started in it. */
  readonly available: number;
  /** ISO 8601; undefined for one that begins at once. */
  readonly startsAt: string | undefined;
  /** ISO 8601; undefined for one without an end. */
  readonly endsAt: string | undefined;
  readonly platform: string;
  readonly tenancy: string;
}

export interface Image {
  readonly id: string;
  readonly name: string;
}

export interface HostedZone {
  readonly id: string;
  readonly name: string;
  readonly isPrivate: boolean;
  /** Route 53's own for this zone; empty for a private one. */
  readonly nameServers: readonly string[];
}

export interface DnsRecord {
  readonly type: string;
  readonly values: readonly string[];
}

export interface Certificate {
  /** `ISSUED`, `PENDING_VALIDATION` and so on. */
  readonly status: string;
  /** Host names that it is for, wildcards among them. */
  readonly names: readonly string[];
  /** Whether it was made elsewhere: ACM doesn't renew it. */
  readonly imported: boolean;
  /** ISO 8601; undefined for one that wasn't issued yet. */
  readonly endsAt: string | undefined;
}
