import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { BucketFolderPlan, ServingPlan } from "../../planning/serving/servingPlan.ts";
import { named, type Placement } from "../kubernetes/metadata.ts";

/** Kubernetes asks for a size; a bucket has none. */
const nominalSize = "1Ti";

/**
 * A prefix of the models bucket as a folder that can be read, by Mountpoint for S3's driver. Changing anything replaces
 * both objects, which no data is in.
 * Source: mountpoint-s3-csi-driver, docs/CONFIGURATION.md and examples/kubernetes/static_provisioning.
 */
export function bucketFolder(
  name: string,
  plan: ServingPlan,
  { bucket, prefix, region }: BucketFolderPlan,
  place: Placement,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const objectName = `${plan.name}-weights`;
  const spec = {
    accessModes: ["ReadOnlyMany"],
    storageClassName: "",
  };
  const volume = new k8s.core.v1.PersistentVolume(
    name,
    {
      metadata: {
        name: `${place.namespace}-${objectName}`,
        labels: named(objectName, plan.name, place).labels,
      },
      spec: {
        ...spec,
        capacity: { storage: nominalSize },
        persistentVolumeReclaimPolicy: "Retain",
        claimRef: { namespace: place.namespace, name: objectName },
        mountOptions: [
          "read-only",
          "allow-other",
          `uid=${plan.user.id}`,
          `gid=${plan.user.group}`,
          `region ${region}`,
          `prefix ${prefix}/`,
        ],
        csi: {
          driver: "s3.csi.aws.com",
          volumeHandle: `${place.namespace}-${objectName}`,
          volumeAttributes: { bucketName: bucket },
        },
      },
    },
    opts,
  );
  const claim = new k8s.core.v1.PersistentVolumeClaim(
    name,
    {
      metadata: named(objectName, plan.name, place),
      spec: { ...spec, volumeName: volume.metadata.name, resources: { requests: { storage: nominalSize } } },
    },
    opts,
  );
  return claim.metadata.name;
}
