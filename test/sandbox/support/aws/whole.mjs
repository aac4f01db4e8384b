import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

// Resources of every service that the platform uses, wired as an environment wires them.
const config = new pulumi.Config();
const tags = { Owner: config.get("owner") ?? "platform" };
const account = aws.getCallerIdentityOutput().accountId;
const zones = aws.getAvailabilityZonesOutput({ state: "available" }).names;
const trust = (service, actions = ["sts:AssumeRole"]) =>
  aws.iam.getPolicyDocumentOutput({
    statements: [{ actions, principals: [{ type: "Service", identifiers: [service] }] }],
  }).json;

const vpc = new aws.ec2.Vpc("main", { cidrBlock: "10.0.0.0/16", enableDnsHostnames: true, tags });
const gateway = new aws.ec2.InternetGateway("main", { vpcId: vpc.id, tags });
const subnets = (kind, offset, extra) =>
  [0, 1].map(
    (i) =>
      new aws.ec2.Subnet(`${kind}-${i}`, {
        vpcId: vpc.id,
        cidrBlock: `10.0.${offset + i}.0/24`,
        availabilityZone: zones[i],
        tags,
        ...extra,
      }),
  );
const publicSubnets = subnets("public", 0, { mapPublicIpOnLaunch: true });
const privateSubnets = subnets("private", 10, {});
const privateIds = privateSubnets.map(({ id }) => id);
const address = new aws.ec2.Eip("nat", { domain: "vpc", tags });
const nat = new aws.ec2.NatGateway("nat", { allocationId: address.id, subnetId: publicSubnets[0].id, tags });
const publicTable = new aws.ec2.RouteTable("public", {
  vpcId: vpc.id,
  routes: [{ cidrBlock: "0.0.0.0/0", gatewayId: gateway.id }],
  tags,
});
const privateTable = new aws.ec2.RouteTable("private", { vpcId: vpc.id, tags });
new aws.ec2.Route("private-nat", {
  routeTableId: privateTable.id,
  destinationCidrBlock: "0.0.0.0/0",
  natGatewayId: nat.id,
});
publicSubnets.forEach((subnet, i) => {
  new aws.ec2.RouteTableAssociation(`public-${i}`, { routeTableId: publicTable.id, subnetId: subnet.id });
});
privateSubnets.forEach((subnet, i) => {
  new aws.ec2.RouteTableAssociation(`private-${i}`, { routeTableId: privateTable.id, subnetId: subnet.id });
});
new aws.ec2.DefaultSecurityGroup("closed", { vpcId: vpc.id, ingress: [], egress: [], tags });
const endpoints = new aws.ec2.SecurityGroup("endpoints", {
  vpcId: vpc.id,
  description: "VPC endpoints",
  tags,
});
new aws.vpc.SecurityGroupIngressRule("endpoints-https", {
  securityGroupId: endpoints.id,
  cidrIpv4: vpc.cidrBlock,
  ipProtocol: "tcp",
  fromPort: 443,
  toPort: 443,
});
new aws.ec2.VpcEndpoint("s3", {
  vpcId: vpc.id,
  serviceName: "com.amazonaws.eu-central-1.s3",
  vpcEndpointType: "Gateway",
  routeTableIds: [privateTable.id],
  tags,
});
new aws.ec2.VpcEndpoint("ecr", {
  vpcId: vpc.id,
  serviceName: "com.amazonaws.eu-central-1.ecr.api",
  vpcEndpointType: "Interface",
  subnetIds: privateIds,
  securityGroupIds: [endpoints.id],
  privateDnsEnabled: true,
  tags,
});

const key = new aws.kms.Key("data", { enableKeyRotation: true, deletionWindowInDays: 7, tags });
new aws.kms.Alias("data", { name: "alias/life-data", targetKeyId: key.id });

const flowLogs = new aws.cloudwatch.LogGroup("flow", { retentionInDays: 30, tags });
const flowRole = new aws.iam.Role("flow", { assumeRolePolicy: trust("vpc-flow-logs.amazonaws.com"), tags });
new aws.ec2.FlowLog("main", {
  vpcId: vpc.id,
  trafficType: "ALL",
  logDestination: flowLogs.arn,
  iamRoleArn: flowRole.arn,
  tags,
});

const clusterRole = new aws.iam.Role("cluster", { assumeRolePolicy: trust("eks.amazonaws.com"), tags });
const clusterPolicy = new aws.iam.RolePolicyAttachment("cluster", {
  role: clusterRole.name,
  policyArn: "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy",
});
const clusterLogs = new aws.cloudwatch.LogGroup("cluster", {
  name: "/aws/eks/life/cluster",
  retentionInDays: 30,
  tags,
});
const cluster = new aws.eks.Cluster(
  "main",
  {
    name: "life",
    roleArn: clusterRole.arn,
    version: config.get("kubernetes") ?? "1.35",
    accessConfig: { authenticationMode: "API", bootstrapClusterCreatorAdminPermissions: false },
    enabledClusterLogTypes: ["api", "audit", "authenticator", "controllerManager", "scheduler"],
    encryptionConfig: { provider: { keyArn: key.arn }, resources: ["secrets"] },
    vpcConfig: {
      subnetIds: privateIds,
      endpointPrivateAccess: true,
      endpointPublicAccess: true,
      publicAccessCidrs: ["198.51.100.0/24"],
    },
    tags,
  },
  { dependsOn: [clusterPolicy, clusterLogs] },
);
const admin = new aws.iam.Role("admin", { assumeRolePolicy: trust("ec2.amazonaws.com"), tags });
const entry = new aws.eks.AccessEntry("admin", { clusterName: cluster.name, principalArn: admin.arn, tags });
new aws.eks.AccessPolicyAssociation(
  "admin",
  {
    clusterName: cluster.name,
    principalArn: admin.arn,
    policyArn: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
    accessScope: { type: "cluster" },
  },
  { dependsOn: [entry] },
);
const nodeRole = new aws.iam.Role("node", { assumeRolePolicy: trust("ec2.amazonaws.com"), tags });
const nodePolicies = ["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"].map(
  (policy) =>
    new aws.iam.RolePolicyAttachment(policy, {
      role: nodeRole.name,
      policyArn: `arn:aws:iam::aws:policy/${policy}`,
    }),
);
const template = new aws.ec2.LaunchTemplate("system", {
  metadataOptions: { httpTokens: "required", httpPutResponseHopLimit: 1, httpEndpoint: "enabled" },
  blockDeviceMappings: [
    { deviceName: "/dev/xvda", ebs: { volumeSize: 100, volumeType: "gp3", encrypted: "true" } },
  ],
  tagSpecifications: [{ resourceType: "instance", tags }],
  tags,
});
const agent = new aws.eks.Addon("eks-pod-identity-agent", {
  clusterName: cluster.name,
  addonName: "eks-pod-identity-agent",
  tags,
});
const nodes = new aws.eks.NodeGroup(
  "system",
  {
    clusterName: cluster.name,
    nodeRoleArn: nodeRole.arn,
    subnetIds: privateIds,
    scalingConfig: { minSize: 1, desiredSize: 2, maxSize: 4 },
    instanceTypes: [config.get("instance") ?? "m7i.large"],
    amiType: "AL2023_x86_64_STANDARD",
    launchTemplate: { id: template.id, version: template.latestVersion.apply(String) },
    labels: { role: config.get("label") ?? "system" },
    taints: [{ key: "CriticalAddonsOnly", value: "true", effect: "NO_SCHEDULE" }],
    updateConfig: { maxUnavailable: 1 },
    nodeRepairConfig: { enabled: true },
    tags,
  },
  { dependsOn: nodePolicies, ignoreChanges: ["scalingConfig.desiredSize"] },
);
new aws.eks.Addon(
  "coredns",
  { clusterName: cluster.name, addonName: "coredns", tags },
  { dependsOn: [nodes] },
);
const podRole = new aws.iam.Role("mlflow", {
  assumeRolePolicy: trust("pods.eks.amazonaws.com", ["sts:AssumeRole", "sts:TagSession"]),
  tags,
});
new aws.eks.PodIdentityAssociation(
  "mlflow",
  { clusterName: cluster.name, namespace: "mlflow", serviceAccount: "mlflow", roleArn: podRole.arn, tags },
  { dependsOn: [agent] },
);

const bucket = new aws.s3.Bucket("artifacts", { tags });
new aws.s3.BucketPublicAccessBlock("artifacts", {
  bucket: bucket.id,
  blockPublicAcls: true,
  blockPublicPolicy: true,
  ignorePublicAcls: true,
  restrictPublicBuckets: true,
});
new aws.s3.BucketOwnershipControls("artifacts", {
  bucket: bucket.id,
  rule: { objectOwnership: "BucketOwnerEnforced" },
});
const versioning = new aws.s3.BucketVersioning("artifacts", {
  bucket: bucket.id,
  versioningConfiguration: { status: "Enabled" },
});
new aws.s3.BucketServerSideEncryptionConfiguration("artifacts", {
  bucket: bucket.id,
  rules: [
    {
      applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: key.arn },
      bucketKeyEnabled: true,
    },
  ],
});
new aws.s3.BucketLifecycleConfiguration(
  "artifacts",
  {
    bucket: bucket.id,
    rules: [
      {
        id: "clean",
        status: "Enabled",
        filter: {},
        abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
        noncurrentVersionExpiration: { noncurrentDays: 30 },
      },
    ],
  },
  { dependsOn: [versioning] },
);
new aws.s3.BucketPolicy("artifacts", {
  bucket: bucket.id,
  policy: aws.iam.getPolicyDocumentOutput({
    statements: [
      {
        sid: "TlsOnly",
        effect: "Deny",
        actions: ["s3:*"],
        resources: [bucket.arn, pulumi.interpolate`${bucket.arn}/*`],
        principals: [{ type: "*", identifiers: ["*"] }],
        conditions: [{ test: "Bool", variable: "aws:SecureTransport", values: ["false"] }],
      },
    ],
  }).json,
});
new aws.iam.RolePolicy("mlflow", {
  role: podRole.name,
  policy: aws.iam.getPolicyDocumentOutput({
    statements: [
      { actions: ["s3:GetObject", "s3:PutObject"], resources: [pulumi.interpolate`${bucket.arn}/*`] },
    ],
  }).json,
});

const database = new aws.ec2.SecurityGroup("database", { vpcId: vpc.id, description: "PostgreSQL", tags });
const subnetGroup = new aws.rds.SubnetGroup("main", { subnetIds: privateIds, tags });
const parameters = new aws.rds.ParameterGroup("main", {
  family: "postgres17",
  parameters: [{ name: "rds.force_ssl", value: "1", applyMethod: "pending-reboot" }],
  tags,
});
const instance = new aws.rds.Instance("main", {
  engine: "postgres",
  engineVersion: "17.5",
  instanceClass: config.get("database") ?? "db.t4g.medium",
  allocatedStorage: 50,
  storageType: "gp3",
  storageEncrypted: true,
  kmsKeyId: key.arn,
  dbName: "platform",
  username: "platform",
  password: config.requireSecret("password"),
  dbSubnetGroupName: subnetGroup.name,
  parameterGroupName: parameters.name,
  vpcSecurityGroupIds: [database.id],
  backupRetentionPeriod: 7,
  skipFinalSnapshot: true,
  applyImmediately: true,
  tags,
});

const repository = new aws.ecr.Repository("experiments", {
  name: "life/experiments",
  imageTagMutability: "IMMUTABLE",
  imageScanningConfiguration: { scanOnPush: true },
  tags,
});
new aws.ecr.LifecyclePolicy("experiments", {
  repository: repository.name,
  policy: JSON.stringify({
    rules: [
      {
        rulePriority: 1,
        selection: {
          tagStatus: "untagged",
          countType: "sinceImagePushed",
          countUnit: "days",
          countNumber: config.getNumber("days") ?? 7,
        },
        action: { type: "expire" },
      },
    ],
  }),
});
const secret = new aws.secretsmanager.Secret("database", {
  kmsKeyId: key.arn,
  recoveryWindowInDays: 0,
  tags,
});
new aws.secretsmanager.SecretVersion("database", {
  secretId: secret.id,
  secretString: config.requireSecret("password"),
});
const topic = new aws.sns.Topic("alarms", { tags });
new aws.cloudwatch.MetricAlarm("cpu", {
  namespace: "AWS/RDS",
  metricName: "CPUUtilization",
  dimensions: { DBInstanceIdentifier: instance.identifier },
  statistic: "Average",
  comparisonOperator: "GreaterThanThreshold",
  threshold: 80,
  period: 300,
  evaluationPeriods: 3,
  alarmActions: [topic.arn],
  tags,
});
new aws.budgets.Budget("monthly", {
  budgetType: "COST",
  limitAmount: "1000",
  limitUnit: "USD",
  timeUnit: "MONTHLY",
  notifications: [
    {
      comparisonOperator: "GREATER_THAN",
      notificationType: "FORECASTED",
      threshold: 100,
      thresholdType: "PERCENTAGE",
      subscriberEmailAddresses: ["platform@example.com"],
    },
  ],
  tags,
});

const zone = new aws.route53.Zone("main", { name: "example.com", tags });
const certificate = new aws.acm.Certificate("main", {
  domainName: "platform.example.com",
  validationMethod: "DNS",
  tags,
});
const proof = certificate.domainValidationOptions[0];
const validation = new aws.route53.Record("validation", {
  zoneId: zone.zoneId,
  name: proof.resourceRecordName,
  type: proof.resourceRecordType,
  records: [proof.resourceRecordValue],
  ttl: 60,
});
new aws.acm.CertificateValidation("main", {
  certificateArn: certificate.arn,
  validationRecordFqdns: [validation.fqdn],
});
const balancer = new aws.lb.LoadBalancer("edge", {
  loadBalancerType: "network",
  subnets: publicSubnets.map(({ id }) => id),
  tags,
});
const target = new aws.lb.TargetGroup("edge", {
  port: 443,
  protocol: "TCP",
  targetType: "ip",
  vpcId: vpc.id,
  tags,
});
new aws.lb.Listener("edge", {
  loadBalancerArn: balancer.arn,
  port: 443,
  protocol: "TCP",
  defaultActions: [{ type: "forward", targetGroupArn: target.arn }],
  tags,
});
new aws.route53.Record("edge", {
  zoneId: zone.zoneId,
  name: "platform.example.com",
  type: "A",
  aliases: [{ name: balancer.dnsName, zoneId: balancer.zoneId, evaluateTargetHealth: true }],
});

export const accountId = account;
export const bucketName = bucket.bucket;
export const clusterName = cluster.name;
export const endpoint = cluster.endpoint;
export const vpcId = vpc.id;
