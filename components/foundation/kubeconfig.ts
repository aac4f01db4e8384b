import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "./cluster.ts";

/** How the AWS command line gets to the account: what the stack's `aws:` configuration says to the provider. */
export interface AwsCliSettings {
  readonly profile: string | undefined;
  /** Role to take on first. */
  readonly roleArn: string | undefined;
  /** STS's endpoint, where it isn't AWS's own. */
  readonly stsEndpoint: string | undefined;
}

/** @throws pulumi.RunError for a chain of roles, which `aws eks get-token` can't follow: put it into a profile */
export function awsCliSettings(): AwsCliSettings {
  const config = new pulumi.Config("aws");
  const roles = config.getObject<readonly { readonly roleArn?: string }[]>("assumeRoles") ?? [];
  if (roles.length > 1) {
    throw new pulumi.RunError(
      "aws:assumeRoles has a chain of roles: write it as a profile of ~/.aws/config and set aws:profile, because the cluster's credentials come from the AWS command line",
    );
  }
  const endpoints = config.getObject<readonly { readonly sts?: string }[]>("endpoints") ?? [];
  return {
    profile: config.get("profile"),
    roleArn: roles[0]?.roleArn,
    stsEndpoint: endpoints.find(({ sts }) => sts !== undefined)?.sts,
  };
}

/**
 * A kubeconfig for the new cluster. It has no credential: each client asks the AWS command line (2.13 or newer), for
 * a token of fifteen minutes, so nothing in the state opens the cluster.
 */
export function kubeconfigOf(
  { certificateAuthority, clusterName, endpoint }: Cluster,
  region: string,
  settings: AwsCliSettings,
): pulumi.Output<string> {
  return pulumi
    .all([clusterName, endpoint, certificateAuthority])
    .apply(([name, server, data]) => JSON.stringify(kubeconfig({ name, server, data }, region, settings)));
}

function kubeconfig(
  { data, name, server }: { readonly name: string; readonly server: string; readonly data: string },
  region: string,
  { profile, roleArn, stsEndpoint }: AwsCliSettings,
) {
  const role = roleArn === undefined ? [] : ["--role-arn", roleArn];
  const env = [
    ...(profile === undefined ? [] : [{ name: "AWS_PROFILE", value: profile }]),
    ...(stsEndpoint === undefined ? [] : [{ name: "AWS_ENDPOINT_URL_STS", value: stsEndpoint }]),
  ];
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server, "certificate-authority-data": data } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
    users: [
      {
        name,
        user: {
          exec: {
            apiVersion: "client.authentication.k8s.io/v1beta1",
            command: "aws",
            args: [
              "--region",
              region,
              "eks",
              "get-token",
              "--cluster-name",
              name,
              "--output",
              "json",
              ...role,
            ],
            ...(env.length === 0 ? {} : { env }),
            interactiveMode: "Never",
          },
        },
      },
    ],
  };
}
