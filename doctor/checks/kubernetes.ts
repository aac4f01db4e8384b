import { type AmiType, amiName, eksVersions, type KubernetesVersion } from "../../catalog/eks.ts";
import type { Image } from "../outside.ts";
import { type Check, check, failed, ok, type Verdict, warning } from "./check.ts";
import type { Subject } from "./subject.ts";

/** Kubernetes' version, the builds of add-ons, and the images of nodes. */
export function kubernetesChecks({ infrastructure }: Subject): Check[] {
  const { addons, cluster, nodeGroups } = infrastructure.foundation;
  const { version } = cluster;
  const pins = addons.map(({ name, version: build }) => ({ name, build }));
  const release = eksVersions[version].amiRelease;
  return [
    check({
      subject: `Kubernetes ${version}`,
      would: `EKS offers it, and the cluster ${cluster.name}, where it is there, can get to it`,
      ask: async (outside) => ({
        offered: await outside.kubernetesVersions(),
        current: await outside.clusterVersion(cluster.name),
      }),
      judge: ({ current, offered }) => judgeVersion(version, offered, current),
    }),
    check({
      subject: "add-ons",
      would: `EKS offers ${pins.map(({ build, name }) => `${name} ${build}`).join(", ")}`,
      ask: (outside) => outside.addonBuilds(version),
      judge: (offered) => judgeAddons(pins, offered, version),
    }),
    ...[...new Set(nodeGroups.map(({ amiType }) => amiType))].map((type) =>
      check({
        subject: `image ${type}`,
        would: `release ${release}: ${amiName(type, version, release)}`,
        ask: (outside) => outside.images(amiName(type, version, "*")),
        judge: (images) => judgeImage({ type, version, release }, images),
      }),
    ),
  ];
}

export function judgeVersion(
  version: KubernetesVersion,
  offered: ReadonlyMap<string, string>,
  current: string | undefined,
): Verdict {
  const choose = "Choose another cluster.version";
  const support = offered.get(version);
  if (support === undefined || support === "UNSUPPORTED") {
    return failed(`EKS doesn't offer it, but ${newestFirst([...offered.keys()]).join(", ")}`, choose);
  }
  const steps = current === undefined ? 0 : minor(version) - minor(current);
  if (current !== undefined && (steps < 0 || steps > 1)) {
    return failed(
      `the cluster has ${current}, and a cluster only goes up, by one minor version at a time`,
      choose,
    );
  }
  const has =
    current === undefined ? "" : steps === 0 ? ", and the cluster has it" : `, one up from ${current}`;
  if (support === "EXTENDED_SUPPORT") {
    return warning(`in extended support: the control plane costs six times as much${has}`, choose);
  }
  return ok(`in standard support${has}`);
}

/** EKS refuses a build that it doesn't offer for the cluster's version when the add-on is made, after the cluster. */
export function judgeAddons(
  pins: readonly { readonly name: string; readonly build: string }[],
  offered: ReadonlyMap<string, readonly string[]>,
  version: KubernetesVersion,
): Verdict {
  const missing = pins.filter(({ build, name }) => offered.get(name)?.includes(build) !== true);
  if (missing.length === 0) return ok(`EKS offers all ${pins.length} pinned builds`);
  return failed(
    missing
      .map(
        ({ build, name }) =>
          `${name} ${build} isn't offered, but ${offered.get(name)?.[0] ?? "no build of it"}`,
      )
      .join("; "),
    `Pin builds that are, in catalog/eks.ts: aws eks describe-addon-versions --kubernetes-version ${version}`,
  );
}

export function judgeImage(
  {
    release,
    type,
    version,
  }: {
    readonly type: AmiType;
    readonly version: KubernetesVersion;
    readonly release: string;
  },
  images: readonly Image[],
): Verdict {
  const name = amiName(type, version, release);
  const found = images.find((image) => image.name === name);
  if (found) return ok(`release ${release} (${found.id})`);
  const newest = images
    .map((image) => image.name)
    .sort()
    .at(-1);
  return failed(
    `no image ${name}${newest === undefined ? "" : `; the newest is ${newest}`}`,
    "Pin a release that is there: amiRelease in catalog/eks.ts",
  );
}

const minor = (version: string) => Number(version.split(".")[1]);

function newestFirst(versions: readonly string[]): string[] {
  return [...versions].sort((one, other) => minor(other) - minor(one));
}
