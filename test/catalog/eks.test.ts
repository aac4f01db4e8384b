import { describe, expect, test } from "vitest";
import { instanceType } from "../../catalog/ec2/instances.ts";
import {
  addonNames,
  amiName,
  amiType,
  defaultKubernetesVersion,
  eksVersions,
  kubernetesVersions,
  supportOn,
} from "../../catalog/eks.ts";

/** `v1.36.0-eksbuild.25` as numbers, for comparison. */
function numbersOf(version: string): number[] {
  return [...version.matchAll(/\d+/g)].map(([digits]) => Number(digits));
}

function isOlder(left: string, right: string): boolean {
  const [a, b] = [numbersOf(left), numbersOf(right)];
  const at = a.findIndex((number, index) => number !== b[index]);
  return at !== -1 && (a[at] ?? 0) < (b[at] ?? 0);
}

describe.each(kubernetesVersions)("Kubernetes %s", (version) => {
  const eks = eksVersions[version];

  test("stands under its own version, with every add-on pinned to one build", () => {
    expect(eks.version).toBe(version);
    expect(Object.keys(eks.addons).sort()).toEqual([...addonNames].sort());
    for (const name of addonNames) expect(eks.addons[name].version).toMatch(/^v\d+\.\d+\.\d+-eksbuild\.\d+$/);
  });

  test("has kube-proxy and machine images of its own minor version", () => {
    expect(eks.addons["kube-proxy"].version).toMatch(new RegExp(`^v${version}\\.`));
    expect(eks.amiRelease).toMatch(new RegExp(`^${version}\\.\\d+-20\\d{6}$`));
  });

  test("the add-ons that are bound to a version of Kubernetes are confirmed for it", () => {
    expect([eks.addons["kube-proxy"].confirmed, eks.addons.coredns.confirmed]).toEqual([true, true]);
  });

  test("is in extended support for a year after standard support", () => {
    const [standard, extended] = [new Date(eks.standardSupportEnds), new Date(eks.extendedSupportEnds)];
    standard.setUTCFullYear(standard.getUTCFullYear() + 1);
    expect(extended).toEqual(standard);
  });
});

test("an upgrade never takes an add-on, or the end of support, back", () => {
  const steps = kubernetesVersions.slice(1).map((version, index) => {
    const from = kubernetesVersions[index];
    return { from: eksVersions[from ?? version], to: eksVersions[version] };
  });
  for (const { from, to } of steps) {
    expect(from.standardSupportEnds < to.standardSupportEnds).toBe(true);
    const older = addonNames.filter((name) => isOlder(to.addons[name].version, from.addons[name].version));
    expect(older).toEqual([]);
  }
});

test("v1.9.0 is older than v1.10.0, and build 9 than build 10", () => {
  expect([
    isOlder("v1.9.0-eksbuild.1", "v1.10.0-eksbuild.1"),
    isOlder("v1.1.0-eksbuild.9", "v1.1.0-eksbuild.10"),
  ]).toEqual([true, true]);
  expect(isOlder("v1.1.0-eksbuild.1", "v1.1.0-eksbuild.1")).toBe(false);
});

test("a new cluster gets the newest version", () => {
  expect(defaultKubernetesVersion).toBe(kubernetesVersions.at(-1));
});

test("1.34 is in standard support on 2 December 2026, extended on the 3rd, ended a year later", () => {
  expect(
    ["2026-12-02", "2026-12-03", "2027-12-02", "2027-12-03"].map((day) => supportOn("1.34", day)),
  ).toEqual(["standard", "extended", "extended", "ended"]);
});

test("nodes with GPUs boot NVIDIA's image, Graviton the ARM one, the rest the plain one", () => {
  expect(
    ["g6.xlarge", "m7g.large", "m7i.large", "g6f.xlarge"].map((name) => amiType(instanceType(name))),
  ).toEqual([
    "AL2023_x86_64_NVIDIA",
    "AL2023_ARM_64_STANDARD",
    "AL2023_x86_64_STANDARD",
    "AL2023_x86_64_STANDARD",
  ]);
});

test("a release's image is named after type, minor version and day", () => {
  const release = "1.36.4-20260923";
  expect(amiName("AL2023_x86_64_NVIDIA", "1.36", release)).toBe(
    "amazon-eks-node-al2023-x86_64-nvidia-1.36-v20260923",
  );
  expect(amiName("AL2023_ARM_64_STANDARD", "1.36", "*")).toBe(
    "amazon-eks-node-al2023-arm64-standard-1.36-v*",
  );
});
