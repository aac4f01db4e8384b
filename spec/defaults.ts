import type { AwsPlatformSpec } from "./platform.ts";

/** Name of the EKS cluster: at most 40 + 8 of the 100 characters that EKS allows. */
export function clusterName({ cluster, environment, ownership }: AwsPlatformSpec): string {
  return cluster.name ?? `${ownership.project}-${environment}`;
}
