import * as pulumi from "@pulumi/pulumi";
import type { AwsCli } from "./awsCli.ts";
import type { Cluster } from "./cluster.ts";

/**
 * A kubeconfig for the new cluster. It has no credential: each client asks the AWS command line (2.13 or newer), for
 * a token of fifteen minutes, so nothing in the state opens the cluster.
 */
export function kubeconfigOf(
  { certificateAuthority, clusterName, endpoint }: Cluster,
  region: string,
  cli: AwsCli,
): pulumi.Output<string> {
  return pulumi
    .all([clusterName, endpoint, certificateAuthority])
    .apply(([name, server, data]) => JSON.stringify(kubeconfig({ name, server, data }, region, cli)));
}

function kubeconfig(
  { data, name, server }: { readonly name: string; readonly server: string; readonly data: string },
  region: string,
  { env, options, tokenOptions }: AwsCli,
) {
  const variables = Object.entries(env).map(([variable, value]) => ({ name: variable, value }));
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
              ...options,
              "eks",
              "get-token",
              "--cluster-name",
              name,
              "--output",
              "json",
              ...tokenOptions,
            ],
            ...(variables.length === 0 ? {} : { env: variables }),
            interactiveMode: "Never",
          },
        },
      },
    ],
  };
}
