import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

export interface DefaultStorageArgs {
  readonly labels: Readonly<Record<string, string>>;
}

/** Name of the class. */
export const storageClassName = "gp3";

/**
 * What volumes are made of where a claim names no class: encrypted gp3, in the zone of the pod that first uses it, able
 * to grow. EKS has no default class of its own. Volumes carry the tags of everything by the driver's own settings.
 *
 * Changing a parameter replaces the class; volumes stay as they were made. A volume costs $0.08 per GB and month.
 */
export class DefaultStorage extends pulumi.ComponentResource {
  readonly storageClass: k8s.storage.v1.StorageClass;

  constructor(name: string, args: DefaultStorageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:foundation:DefaultStorage", name, {}, opts);

    this.storageClass = new k8s.storage.v1.StorageClass(
      name,
      {
        metadata: {
          name: storageClassName,
          labels: { ...args.labels, "app.kubernetes.io/name": storageClassName },
          annotations: { "storageclass.kubernetes.io/is-default-class": "true" },
        },
        provisioner: "ebs.csi.aws.com",
        parameters: { type: "gp3", encrypted: "true", "csi.storage.k8s.io/fstype": "ext4" },
        volumeBindingMode: "WaitForFirstConsumer",
        reclaimPolicy: "Delete",
        allowVolumeExpansion: true,
      },
      { parent: this, deleteBeforeReplace: true },
    );

    this.registerOutputs({});
  }
}
