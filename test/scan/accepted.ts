/** Why findings of a check stay open. */
export interface Accepted {
  readonly check: string;
  /** Resources as checkov calls them, without the environment; `*` stands for any text. */
  readonly resource: string;
  /** Default: all. */
  readonly environments?: readonly ("dev" | "staging" | "prod")[];
  readonly why: string;
}

/** Everything that is accepted. What matches no finding of any environment any more must go: a test says so. */
export const accepted: readonly Accepted[] = [
  {
    check: "CKV2_AWS_62",
    resource: "aws_s3_bucket.*",
    why: "Events are for programs that wait for objects, and there is none: they would be paid for and go nowhere.",
  },
  {
    check: "CKV_AWS_144",
    resource: "aws_s3_bucket.*",
    why: "Copied to another region is what can't be made again: DVC's data in prod. Everything else can be, at a price.",
  },
  {
    check: "CKV_AWS_51",
    resource: "aws_ecr_repository.*",
    why:
      "They are, but for the tag `cache`, which every build replaces and nothing runs: the check knows IMMUTABLE only, not " +
      'IMMUTABLE_WITH_EXCLUSION (ECR user guide, "Preventing image tags from being overwritten").',
  },
  {
    check: "CKV_AWS_145",
    resource: "aws_s3_bucket.access-logs",
    why:
      "S3 delivers access logs only to buckets without a KMS key of their own: it is encrypted with S3's key (S3 user " +
      'guide, "Enabling Amazon S3 server access logging").',
  },
  {
    check: "CKV_AWS_18",
    resource: "aws_s3_bucket.access-logs",
    why: "It takes the logs of the others: logs of their delivery would make new ones without end.",
  },
  {
    check: "CKV_AWS_18",
    resource: "aws_s3_bucket.*-replica",
    why: "Logs must stay in the region, where there is no bucket for them; only S3 writes here, and nobody reads.",
  },
  {
    check: "CKV_AWS_21",
    resource: "aws_s3_bucket.access-logs",
    why: "Logs are written once, and nobody may change them: older versions would never exist.",
  },
  {
    check: "CKV_AWS_21",
    resource: "aws_s3_bucket.airflow-logs",
    why: "Logs of tasks are thrown away after weeks: versions would only keep them longer.",
  },
  {
    check: "CKV_AWS_21",
    resource: "aws_s3_bucket.beam-staging",
    why: "Beam's temporary files: every job writes its own, and they are thrown away.",
  },
  {
    check: "CKV_AWS_338",
    resource: "aws_cloudwatch_log_group.*",
    why: "A spec says how long (observability.logRetentionDays); who must keep a year says so. 7, 30 and 90 days are for looking into failures.",
  },
  {
    check: "CKV_AWS_339",
    resource: "aws_eks_cluster.cluster",
    why: "Checkov's list of versions ends before ours. The catalog's tests say that EKS supports the pinned one.",
  },
  {
    check: "CKV_K8S_11",
    resource: "*",
    why: "A CPU limit throttles a pod on an idle node. Requests divide the CPU, and memory has limits.",
  },
  {
    check: "CKV_K8S_15",
    resource: "*",
    why: "Tags are pinned and never moved, so that pulling again would change nothing but the time that a start takes.",
  },
  {
    check: "CKV_K8S_43",
    resource: "*",
    why:
      "The catalog pins the digest of every image that a public source shows the digest of; the others have a tag that " +
      "doesn't move.",
  },
  {
    check: "CKV_K8S_35",
    resource: "*",
    why: "MLflow and PostgreSQL's clients read the database's password from the environment: there is no file to give them.",
  },
  {
    check: "CKV_K8S_38",
    resource: "Deployment.*.cluster-autoscaler",
    why: "It watches pods and nodes through the API server.",
  },
  {
    check: "CKV_K8S_38",
    resource: "Deployment.*.traefik",
    why: "It reads its routes from the API server.",
  },
  {
    check: "CKV_K8S_38",
    resource: "StatefulSet.*.prometheus",
    why: "It finds pods and nodes through the API server.",
  },
  {
    check: "CKV_K8S_38",
    resource: "Deployment.*.prometheus-adapter",
    why: "It is a part of the API server: it asks there who is asking, and which pods are meant.",
  },
  {
    check: "CKV_K8S_40",
    resource: "*.ai-data.*",
    why: "The image's own user of PostgreSQL is 999, and owns what is on the volume.",
  },
  {
    check: "CKV_K8S_40",
    resource: "*.ai-models.*",
    why: "vLLM's image is made for the user 2000, and what the others need is readable for 1000.",
  },
  ...["CKV_K8S_8", "CKV_K8S_9"].map((check) => ({
    check,
    resource: "DaemonSet.*-device-plugin*",
    why: "It serves nothing that could be asked but the kubelet's socket; the kubelet sees when it goes.",
  })),
  ...["CKV_K8S_23", "CKV_K8S_40"].map((check) => ({
    check,
    resource: "DaemonSet.*",
    why: "The kubelet's sockets and the GPUs' counters are root's: see NodeDaemon.",
  })),
  ...["CKV_K8S_16", "CKV_K8S_19", "CKV_K8S_20", "CKV_K8S_28", "CKV_K8S_37"].map((check) => ({
    check,
    resource: "DaemonSet.*.aws-efa-k8s-device-plugin",
    why: "It finds the node's EFA devices, for which AWS's own chart makes it privileged and gives it the node's network.",
  })),
  ...["CKV_K8S_25", "CKV_K8S_39"].map((check) => ({
    check,
    resource: "DaemonSet.*.dcgm-exporter",
    why: "NVIDIA's profiling counters are for SYS_ADMIN only (dcgm-exporter's own manifest).",
  })),
  ...[
    { check: "CKV_AWS_150", resource: "aws_lb.edge" },
    { check: "CKV_AWS_293", resource: "aws_db_instance.postgres" },
    { check: "CKV_AWS_157", resource: "aws_db_instance.postgres" },
  ].map((finding) => ({
    ...finding,
    environments: ["dev", "staging"] as const,
    why: "Only prod is protected and has a standby: the others may be thrown away, and an outage of theirs stops no user.",
  })),
  {
    check: "CKV_AWS_118",
    resource: "aws_db_instance.postgres",
    why: "Its waits and load are in Performance Insights, CPU, memory and disk in CloudWatch; the host's processes are AWS's.",
  },
  {
    check: "CKV_AWS_226",
    resource: "aws_db_instance.postgres",
    why: "The version is pinned: an upgrade is a change that a preview shows, not one that a night brings.",
  },
  {
    check: "CKV2_AWS_30",
    resource: "aws_db_instance.postgres",
    why: "Slow statements are logged. All of them would put passwords and people's data into logs.",
  },
  {
    check: "CKV2_AWS_23",
    resource: "aws_route53_record.edge",
    why: "It is the load balancer's alias; the name that it leads to is AWS's to make, so no plan has it.",
  },
  {
    check: "CKV2_AWS_15",
    resource: "aws_autoscaling_attachment.edge-*",
    why: "EKS owns its nodes' groups and decides about their health: a node that isn't ready is repaired by it.",
  },
];
