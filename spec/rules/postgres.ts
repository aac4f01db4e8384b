import { databaseClasses } from "../../catalog/prices.ts";
import { rdsStorage } from "../../catalog/rds.ts";
import { postgresDeployment } from "../defaults.ts";
import type { Finding } from "../faults/issues.ts";
import { unknownName } from "../faults/wording.ts";
import type { Rule } from "./rule.ts";

/** RDS is part of AWS, has no small disks, and classes that the catalog must know to price them. */
export const rds: Rule = ({ environment, postgres }) => {
  if (!environment || !postgres || postgresDeployment(postgres, environment) !== "rds") return [];
  if (environment === "local") {
    const problem = "local has no AWS, and so no RDS: leave it out, or choose dev, staging or prod";
    return [{ path: ["postgres", "deployment"], problem }];
  }
  const { instanceClass, storageGi = rdsStorage.leastGiB } = postgres;
  const findings: Finding[] = [];
  if (storageGi < rdsStorage.leastGiB) {
    findings.push({
      path: ["postgres", "storageGi"],
      problem: `RDS has no disk below ${rdsStorage.leastGiB} GiB: leave it out, or set postgres.deployment to in-cluster`,
    });
  }
  if (instanceClass !== undefined && !Object.hasOwn(databaseClasses, instanceClass)) {
    findings.push({
      path: ["postgres", "instanceClass"],
      problem: unknownName(instanceClass, Object.keys(databaseClasses)),
    });
  }
  return findings;
};

const rdsOnly = ["instanceClass", "multiAz", "backupRetentionDays"] as const;

/** A pod has no class, no standby and no backups: who asks for them must not believe that they are there. */
export const inCluster: Rule = ({ environment, postgres }) => {
  if (!environment || !postgres || postgresDeployment(postgres, environment) !== "in-cluster") return [];
  const way = environment === "local" ? "remove it" : "remove it, or set postgres.deployment to rds";
  return rdsOnly
    .filter((field) => postgres[field] !== undefined)
    .map((field) => ({
      path: ["postgres", field],
      problem: `only RDS has it, and PostgreSQL runs in the cluster here: ${way}`,
    }));
};
