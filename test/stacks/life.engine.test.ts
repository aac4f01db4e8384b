import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { planPlatform } from "../../planning/plan.ts";
import { recordedCalls } from "../../sandbox/aws/server.ts";
import { checkMachine } from "../../sandbox/cluster/cluster.ts";
import { engine } from "../../sandbox/engine/engine.ts";
import { repoRoot } from "../../sandbox/lib/paths.ts";
import type { AwsPlatformSpec, Environment } from "../../spec/platform.ts";
import { describeEnvironment } from "../../stacks/environments.ts";
import { ownSources } from "../support/ownSources.ts";
import { expectClaimsServed } from "../support/simulated/claims.ts";
import { imageOf, openCluster } from "../support/simulated/cluster.ts";
import { expectRoomForDaemons } from "../support/simulated/daemons.ts";
import { added, type Holdings, holdingsOf } from "../support/simulated/holdings.ts";
import { expectNodesAsTemplated } from "../support/simulated/instances.ts";
import { expectModelsPlaced } from "../support/simulated/models.ts";
import { liftProtection } from "../support/simulated/protection.ts";
import { expectInRegistry } from "../support/simulated/registry.ts";
import { call, Sdk } from "../support/simulated/sdk.ts";
import { expectNoLuck } from "../support/simulated/shrunk.ts";
import { begin } from "./life/begin.ts";

/**
 * Whole environments through the real engine against the simulated AWS, which hands out a real control plane with
 * simulated nodes: every pod is admitted by the API server and placed by the scheduler. The tests of an environment
 * build on each other, as its days do.
 */

const minutes = 60_000;

const unfit = (await engine()).kind === "official" || (await checkMachine()).length > 0;

describe.skipIf(unfit).each(["dev", "staging", "prod"] as const)("%s", (environment) => {
  const spec = describeAws(environment);
  const life = begin(environment);
  const destroy = ["destroy", "--stack", environment, "--yes", "--skip-preview"];
  let sdk: Sdk;
  let before: Holdings;

  beforeAll(async () => {
    sdk = await Sdk.open(life().aws, spec.cloud.region);
    before = await holdingsOf(sdk);
  }, 5 * minutes);

  afterAll(() => sdk?.close());

  test("comes up", { timeout: 15 * minutes }, async () => {
    expect(await life().up()).toMatch(/\+ \d{3} created/);
    expect(await readdir(join(life().aws.folder, "clusters"))).toHaveLength(1);
  });

  test("does not change a second time", { timeout: 5 * minutes }, async () => {
    expect(await life().up()).toMatch(/Resources:\s+\d{3} unchanged/);
  });

  test.runIf(environment === "dev")(
    "runs another image of ours when its source changes",
    {
      timeout: 5 * minutes,
    },
    async () => {
      const { aws, project } = life();
      const api = await openCluster(aws);
      const pushes = async () =>
        (await recordedCalls(aws)).filter(({ operation }) => operation === "PutImage").length;
      // Three programs of ours and a model, each with the cache of its build, and two mirrors.
      expect(await pushes()).toBe(10);
      for (const [server, name] of [
        ["qwen2-5-7b", "mirror/vllm/vllm-openai:v"],
        ["qwen3-0-6b", "ollama/qwen3:0.6b-q8_0-"],
      ] as const) {
        const image = await imageOf(api, "ai-models", server);
        expect(image).toContain(`.dkr.ecr.${spec.cloud.region}.amazonaws.com/ai-platform-dev/${name}`);
        await expectInRegistry(sdk, image);
      }
      const service = await ownSources(project);
      await life().up();
      const built = await pushes();
      const before = await imageOf(api, "ai-tracking", "experiments");
      expect(before).toMatch(/^123456789012\.dkr\.ecr\..*:0\.1\.0-[0-9a-f]{12}@sha256:[0-9a-f]{64}$/);
      await writeFile(join(service, "README.md"), "not in the image");
      expect(await life().up()).toMatch(/Resources:\s+\d{3} unchanged/);
      await writeFile(join(service, "experiments/new.py"), "");
      expect(await life().up()).toMatch(/~ 2 updated/);
      const after = await imageOf(api, "ai-tracking", "experiments");
      for (const part of [":0.1.0-", "@sha256:"]) {
        expect(after.split(part)[1], part).not.toBe(before.split(part)[1]);
      }
      expect(await pushes()).toBe(built + 2);
    },
  );

  test("serves every model on nodes of just the planned types, and on nothing smaller", {
    timeout: 8 * minutes,
  }, async () => {
    const plan = await planPlatform(spec);
    await expectModelsPlaced(life().aws, plan);
    await expectNoLuck(life().aws, plan);
  });

  test("runs on every kind of node the daemons that the plan keeps room for", { timeout: 5 * minutes }, () =>
    expectRoomForDaemons(life().aws, spec),
  );

  test("has nodes, volumes and interfaces as the launch templates say", { timeout: 5 * minutes }, () =>
    expectNodesAsTemplated(sdk, spec),
  );

  test("gives claims volumes in their pods' zones, which go with them", { timeout: 5 * minutes }, () =>
    expectClaimsServed(life().aws, spec),
  );

  test.runIf(environment === "prod").each(["the VPC's range", "a public subnet's range"] as const)(
    "refuses another network: %s",
    async (change) => {
      await life().change(change);
      expect(await life().fail("preview", "--stack", environment)).toContain("because it is protected");
      await life().change();
    },
    3 * minutes,
  );

  test.runIf(environment === "prod")("refuses to be destroyed", { timeout: 5 * minutes }, async () => {
    const refused = await life().run("destroy", "--stack", environment, "--preview-only");
    expect(refused.exitCode).not.toBe(0);
    expect(refused.output).toContain("because it is protected");
    // Whoever takes Pulumi's protection away still meets AWS's.
    await life().succeed("state", "unprotect", "--all", "--stack", environment, "--yes");
    // Whichever is asked first ends the run.
    expect(await life().fail(...destroy)).toMatch(/has deletion protection enabled|protected DB Instance/);
    const refusals = [
      await sdk.ask(call("eks", "delete_cluster", { name: "ai-platform-prod" })),
      await sdk.ask(call("rds", "delete_db_instance", { DBInstanceIdentifier: "ai-platform-prod-postgres" })),
    ];
    expect(refusals).toMatchObject([
      { message: expect.stringContaining("Cluster ai-platform-prod has deletion protection enabled") },
      { message: expect.stringContaining("Cannot delete protected DB Instance") },
    ]);
    await liftProtection(sdk);
  });

  test("is gone after a destroy, but for what AWS keeps", { timeout: 10 * minutes }, async () => {
    const { "kms Keys": keys } = added(before, await holdingsOf(sdk));
    if (environment === "prod") {
      // Access logs come in until the other buckets are gone: nothing empties that bucket but a person.
      await life().run(...destroy);
      await liftProtection(sdk);
    } else {
      const weights = { Bucket: `ai-platform-${environment}-models`, Key: "weights/of/a/model", Body: "x" };
      await sdk.do(call("s3", "put_object", weights));
    }
    await life().succeed(...destroy);
    expect(await life().succeed("stack", "export", "--stack", environment)).not.toContain('"custom": true');
    // Keys wait for their end, and the production database leaves its last state and its backups.
    expect(added(before, await holdingsOf(sdk))).toEqual({
      "kms Keys pending deletion": keys,
      ...(environment === "prod" ? { "rds DBSnapshots": keptSnapshots } : {}),
    });
  });
});

function describeAws(environment: Environment): AwsPlatformSpec {
  const spec = describeEnvironment(environment, repoRoot);
  if (spec.environment === "local") throw new Error("not an environment in AWS");
  return spec;
}

const keptSnapshots = [
  "ai-platform-prod-postgres-final",
  expect.stringMatching(/^rds:ai-platform-prod-postgres-/),
];
