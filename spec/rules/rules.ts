import type { Finding } from "../faults/issues.ts";
import type { Judged } from "../judged.ts";
import { fallbacks, teamModels } from "./access.ts";
import { architectures } from "./architecture.ts";
import { budget } from "./budget.ts";
import { blockTypes, purchase, reservationIds } from "./capacity.ts";
import { embeddings } from "./embeddings.ts";
import { endpoints } from "./endpoints.ts";
import { certificateRegion, hostInZone } from "./gateway.ts";
import { namedOnce } from "./lists.ts";
import { models } from "./models.ts";
import { addressRanges } from "./network.ts";
import { inCluster, rds } from "./postgres.ts";
import { allowedFamilies, allowedGpus, region, replicaRegion, reservedTypes, zones } from "./region.ts";
import { reservedNames } from "./reservedNames.ts";
import { chroma, pgvector, replication, servers } from "./retrieval.ts";
import type { Rule } from "./rule.ts";
import { gpusOfTraining, oneWay } from "./training.ts";

const rules: readonly Rule[] = [
  region,
  replicaRegion,
  zones,
  allowedFamilies,
  allowedGpus,
  reservedTypes,
  reservationIds,
  blockTypes,
  purchase,
  addressRanges,
  endpoints,
  hostInZone,
  certificateRegion,
  budget,
  namedOnce,
  architectures,
  reservedNames,
  models,
  fallbacks,
  teamModels,
  embeddings,
  oneWay,
  gpusOfTraining,
  chroma,
  pgvector,
  servers,
  replication,
  rds,
  inCluster,
];

/** What all rules find. */
export function broken(platform: Judged): Finding[] {
  return rules.flatMap((rule) => rule(platform));
}
