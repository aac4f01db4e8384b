import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { allocatable, daemonsOn } from "../../catalog/ec2/allocatable.ts";
import { instanceType } from "../../catalog/ec2/instances.ts";
import type { SimulatedAws } from "../../sandbox/aws/server.ts";
import { checkMachine } from "../../sandbox/cluster/cluster.ts";
import { engine } from "../../sandbox/engine/engine.ts";
import { ScratchProject } from "../../sandbox/engine/scratch.ts";
import { repoRoot } from "../../sandbox/lib/paths.ts";
import { clusterName } from "../../spec/defaults.ts";
import { describeEnvironment } from "../../stacks/environments.ts";
import { endOwnAws, leadTo, startOwnAws } from "../sandbox/support/aws/own.ts";
import { fillNodeGroups, nodesOf, openCluster } from "../support/simulatedCluster.ts";

/**
 * Whole environments through the real engine against the simulated AWS, which hands out a real control plane with
 * simulated nodes: every pod is admitted by the API server and placed by the scheduler. The tests of an environment
 * build on each other, as its days do.
 */

const minutes = 60_000;
const unfit = (await engine()).kind === "official" || (await checkMachine()).length > 0;

describe.skipIf(unfit).each(["dev", "staging", "prod"] as const)("%s", (environment) => {
  let aws: SimulatedAws;
  let project: ScratchProject;

  beforeAll(async () => {
    const spec = describeEnvironment(environment, repoRoot);
    const zone = spec.environment === "local" ? undefined : spec.gateway.hostedZone;
    const zones = zone === undefined ? [] : [zone];
    aws = await startOwnAws({ zones });
    project = await ScratchProject.create();
    await leadTo(aws, project.env);
    await succeed("stack", "init", environment, "--no-select");
  }, 60 * minutes);

  afterAll(async () => {
    await project?.remove();
    await endOwnAws(aws);
  }, 5 * minutes);

  const run = async (...args: string[]) => {
    const { all, exitCode } = await project.pulumi(...args);
    return { output: all.replaceAll("\0", ""), exitCode };
  };
  const succeed = async (...args: string[]) => {
    const { output, exitCode } = await run(...args);
    if (exitCode !== 0) throw new Error(`pulumi ${args.join(" ")} failed:\n${output.slice(-5000)}`);
    return output;
  };
  const up = () => succeed("up", "--stack", environment, "--yes", "--skip-preview");

  test("comes up", { timeout: 15 * minutes }, async () => {
    expect(await up()).toMatch(/\+ \d{3} created/);
    expect(await readdir(join(aws.folder, "clusters"))).toHaveLength(1);
  });

  test("does not change a second time", { timeout: 5 * minutes }, async () => {
    expect(await up()).toMatch(/Resources:\s+\d{3} unchanged/);
  });

  test("runs on every kind of node the daemons that the plan keeps room for", {
    timeout: 5 * minutes,
  }, async () => {
    const spec = describeEnvironment(environment, repoRoot);
    if (spec.environment === "local") throw new Error("not an environment in AWS");
    const api = await openCluster(aws);
    const groups = await fillNodeGroups(aws, spec.cloud.region, clusterName(spec));
    await vi.waitFor(async () => {
      const nodes = await nodesOf(api);
      expect(new Set(nodes.map(({ nodeGroup }) => nodeGroup)).size).toBe(groups);
      for (const { daemons, role, type } of nodes) {
        const planned = daemonsOn(instanceType(type)).map(({ name }) => name);
        expect([role, type, daemons.map(({ name }) => name)]).toEqual([role, type, planned.sort()]);
      }
    }, 60_000);
    for (const { allocatable: room, daemons, role, type } of await nodesOf(api)) {
      const kept = new Map(daemonsOn(instanceType(type)).map((daemon) => [daemon.name, daemon]));
      const beyond = daemons.filter(({ memoryMiB, milliCpus, name }) => {
        const reserved = kept.get(name);
        return milliCpus > (reserved?.milliCpus ?? 0) || memoryMiB > (reserved?.memoryMiB ?? 0);
      });
      expect([role, type, beyond]).toEqual([role, type, []]);
      // What is left for pods in truth is at least what they were placed by.
      const placedBy = allocatable(instanceType(type));
      const left = (of: (daemon: (typeof daemons)[number]) => number) =>
        daemons.reduce((sum, daemon) => sum + of(daemon), 0);
      expect(room.milliCpus - left(({ milliCpus }) => milliCpus)).toBeGreaterThanOrEqual(placedBy.milliCpus);
      expect(room.memoryMiB - left(({ memoryMiB }) => memoryMiB)).toBeGreaterThanOrEqual(placedBy.memoryMiB);
      expect(room.pods - daemons.length).toBeGreaterThanOrEqual(placedBy.pods);
    }
  });

  test.runIf(environment === "prod")("refuses to be destroyed", { timeout: 5 * minutes }, async () => {
    const refused = await run("destroy", "--stack", environment, "--preview-only");
    expect(refused.exitCode).not.toBe(0);
    expect(refused.output).toContain("because it is protected");
    // Whoever takes Pulumi's protection away still meets AWS's.
    await succeed("state", "unprotect", "--all", "--stack", environment, "--yes");
    const { output } = await run("destroy", "--stack", environment, "--yes", "--skip-preview");
    expect(output).toContain("Cluster ai-platform-prod has deletion protection enabled");
    expect(output).toContain("Cannot delete protected DB Instance");
  });

  test.skipIf(environment === "prod")("is gone after a destroy", { timeout: 10 * minutes }, async () => {
    expect(await succeed("destroy", "--stack", environment, "--yes", "--skip-preview")).toMatch(
      /- \d{3} deleted/,
    );
    expect(await succeed("stack", "export", "--stack", environment)).not.toContain('"custom": true');
  });
});
