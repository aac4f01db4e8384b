import { describe, expect, test } from "vitest";
import { addonAgents } from "../../catalog/addons/agents.ts";
import { addonControllers } from "../../catalog/addons/controllers.ts";
import { requestsOf, reservedFor } from "../../catalog/addons/pods.ts";
import { addonNames } from "../../catalog/eks.ts";
import { planAddons } from "../../planning/foundation/addons.ts";
import { repoRoot } from "../../sandbox/lib/paths.ts";
import { describeEnvironment } from "../../stacks/environments.ts";

const all = [...addonAgents, ...addonControllers];

describe("pods of add-ons", () => {
  test("are there for every add-on that the platform installs", () => {
    expect(new Set(all.map(({ addon }) => addon))).toEqual(new Set(addonNames));
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  });

  test("have room kept for them where they request nothing, and say where the figures are from", () => {
    for (const pods of all) {
      const { memoryMiB, milliCpus } = requestsOf(pods);
      expect([pods.name, pods.reserved === undefined]).toEqual([pods.name, milliCpus + memoryMiB > 0]);
      expect(reservedFor(pods).milliCpus, pods.name).toBeGreaterThan(0);
      expect(pods.source.length, pods.name).toBeGreaterThan(20);
    }
  });

  test("request what their containers request: three of 10m and 40 MiB are 30m and 120 MiB", () => {
    const s3 = all.find(({ name }) => name === "s3-csi-node");
    expect(s3 && requestsOf(s3)).toEqual({ milliCpus: 30, memoryMiB: 120 });
  });

  test("on every node tolerate its taint, by themselves or by what we configure", () => {
    const onTainted = (tolerations: readonly { readonly key?: string; readonly effect?: string }[]) =>
      tolerations.some(({ effect, key }) => key === undefined && effect !== "NoExecute");
    const closed = addonAgents.filter(({ tolerations }) => !onTainted(tolerations)).map(({ name }) => name);
    expect(closed).toEqual(["dcgm-server"]);
  });

  test("have the service accounts that roles are planned for", () => {
    const spec = describeEnvironment("prod", repoRoot);
    if (spec.environment === "local") throw new Error("not an environment in AWS");
    for (const { name, role } of planAddons(spec, "1.36").filter(({ role }) => role !== undefined)) {
      const accounts = all
        .filter(({ addon }) => addon === name)
        .map(({ namespace, serviceAccount }) => [namespace, serviceAccount]);
      expect(accounts, name).toContainEqual([role?.namespace, role?.serviceAccount]);
    }
  });
});
