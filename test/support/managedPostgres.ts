import { ManagedPostgres } from "../../components/data/managedPostgres.ts";
import { Databases } from "../../components/databases.ts";
import { planServices } from "../../planning/services.ts";
import { awsSpec } from "./foundation.ts";
import { type Rendered, render } from "./render.ts";

/** RDS as the platform's server, and the Job that makes databases in it. */
export function renderManagedPostgres(region = "us-east-1"): Promise<Rendered[]> {
  const { databases, postgres } = planServices(awsSpec("prod", { cloud: { region } }));
  if (postgres.kind !== "rds") throw new Error("prod's PostgreSQL is not in RDS");
  return render(() => {
    const server = new ManagedPostgres("postgres", {
      plan: postgres,
      region,
      vpcId: "vpc",
      subnetIds: ["intra-a", "intra-b"],
      ranges: ["10.0.196.0/22", "10.0.212.0/22"],
      clientsSecurityGroupId: "cluster",
      keyArn: "data-key-arn",
      clientImage: databases.clientImage,
      clusterName: "ai-platform-prod",
      tags: {},
      protectState: true,
    });
    new Databases("databases", { server, ...databases, labels: {}, namespace: "ai-data" });
    return {};
  });
}
