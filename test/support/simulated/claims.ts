import { expect, vi } from "vitest";
import { tagsByComponent } from "../../../planning/ownership.ts";
import type { SimulatedAws } from "../../../sandbox/aws/server.ts";
import { clusterName } from "../../../spec/defaults.ts";
import type { AwsPlatformSpec } from "../../../spec/platform.ts";
import { openCluster, volumesOf, zonesOf } from "./cluster.ts";

const namespace = "claims";
const sets = `/apis/apps/v1/namespaces/${namespace}/statefulsets`;

/**
 * Two pods with a volume each come up in two zones; their volumes are there too, as the environment's class and tags
 * have them, grow when a claim does, and are gone with the claims.
 */
export async function expectClaimsServed(aws: SimulatedAws, spec: AwsPlatformSpec): Promise<void> {
  const api = await openCluster(aws);
  const volumes = async () =>
    (await volumesOf(aws, spec.cloud.region)).filter(
      ({ tags }) =>
        tags["ebs.csi.aws.com/cluster-name"] === clusterName(spec) &&
        tags["kubernetes.io/created-for/pvc/namespace"] === namespace,
    );

  await api.create("/api/v1/namespaces", { metadata: { name: namespace } });
  await api.create(sets, statefulSet("data", 2));
  await api.waitFor(`${sets}/data`, ({ status }) => status?.readyReplicas === 2);
  const zones = await zonesOf(api, namespace);
  expect(new Set(zones).size).toBe(2);
  const made = await volumes();
  expect(made.map(({ zone }) => zone).sort()).toEqual(zones);
  for (const { encrypted, sizeGiB, tags } of made) {
    expect([encrypted, sizeGiB]).toEqual([true, 3]);
    expect(tags).toMatchObject(tagsByComponent(spec).storage);
  }

  await api.merge(`/api/v1/namespaces/${namespace}/persistentvolumeclaims/data-data-0`, {
    spec: { resources: { requests: { storage: "4Gi" } } },
  });
  await vi.waitFor(
    async () => expect((await volumes()).map(({ sizeGiB }) => sizeGiB).sort()).toEqual([3, 4]),
    30_000,
  );

  await api.remove(`${sets}/data`);
  await vi.waitFor(async () => expect(await volumes()).toEqual([]), 30_000);
  await api.remove(`/api/v1/namespaces/${namespace}`);
}

/** Pods with a volume each of the default class, in different zones. */
const statefulSet = (name: string, replicas: number) => ({
  metadata: { name },
  spec: {
    serviceName: name,
    replicas,
    persistentVolumeClaimRetentionPolicy: { whenDeleted: "Delete" },
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        tolerations: [{ operator: "Exists" }],
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: "topology.kubernetes.io/zone",
            whenUnsatisfiable: "DoNotSchedule",
            labelSelector: { matchLabels: { app: name } },
          },
        ],
        containers: [{ name, image: name, volumeMounts: [{ name: "data", mountPath: "/data" }] }],
      },
    },
    volumeClaimTemplates: [
      {
        metadata: { name: "data" },
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "3Gi" } } },
      },
    ],
  },
});
