import type { Outside } from "../outside.ts";
import { asked, type Connection, clientConfig, isCode } from "./clients.ts";

/** What EKS offers, and whether the cluster is there. */
export async function eks(
  connection: Connection,
): Promise<Pick<Outside, "addonBuilds" | "clusterVersion" | "kubernetesVersions">> {
  const {
    DescribeClusterCommand,
    EKSClient,
    paginateDescribeAddonVersions,
    paginateDescribeClusterVersions,
  } = await import("@aws-sdk/client-eks");
  const client = new EKSClient(clientConfig(connection, "eks"));
  return {
    kubernetesVersions: () =>
      asked("eks:DescribeClusterVersions", async () => {
        const found = new Map<string, string>();
        for await (const { clusterVersions = [] } of paginateDescribeClusterVersions({ client }, {})) {
          for (const { clusterVersion = "", versionStatus = "" } of clusterVersions) {
            found.set(clusterVersion, versionStatus);
          }
        }
        return found;
      }),
    addonBuilds: (kubernetes) =>
      asked("eks:DescribeAddonVersions", async () => {
        const found = new Map<string, string[]>();
        const pages = paginateDescribeAddonVersions({ client }, { kubernetesVersion: kubernetes });
        for await (const { addons = [] } of pages) {
          for (const { addonName = "", addonVersions = [] } of addons) {
            const builds = addonVersions.flatMap(({ addonVersion }) => addonVersion ?? []);
            found.set(addonName, [...(found.get(addonName) ?? []), ...builds]);
          }
        }
        return found;
      }),
    clusterVersion: (name) =>
      asked("eks:DescribeCluster", async () => {
        try {
          const { cluster } = await client.send(new DescribeClusterCommand({ name }));
          return cluster?.version;
        } catch (error) {
          if (isCode(error, "ResourceNotFoundException")) return undefined;
          throw error;
        }
      }),
  };
}
