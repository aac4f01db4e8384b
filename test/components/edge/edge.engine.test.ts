import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { recordedCalls, type SimulatedAws } from "../../../sandbox/aws/server.ts";
import { engine } from "../../../sandbox/engine/engine.ts";
import { endOwnAws, leadTo, startOwnAws } from "../../sandbox/support/aws/own.ts";
import { Program } from "../../sandbox/support/program.ts";

/**
 * The edge and the alarms through the real engine and the real provider against the simulated AWS: AWS takes what the
 * components ask for, a second `up` finds nothing to change, and everything goes again.
 */

const minutes = 60_000;
const official = (await engine()).kind === "official";

const program = async () => {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "..", "..", "support", "edgeProgram.ts")],
    bundle: true,
    format: "esm",
    platform: "node",
    packages: "external",
    write: false,
  });
  return outputFiles.map(({ text }) => text).join("");
};

describe.skipIf(official)("edge and alarms", () => {
  let aws: SimulatedAws;
  let stack: Program;

  beforeAll(async () => {
    aws = await startOwnAws({ kubernetes: false });
    stack = await Program.create(await program(), { "aws:region": "us-east-1" });
    await leadTo(aws, stack.env);
    // What is older than the environment: without a zone's id the program makes nothing but the zone.
    await stack.up();
    await stack.succeed("config", "set", "zone", await stack.succeed("stack", "output", "zone"));
  }, 60 * minutes);

  afterAll(async () => {
    await stack?.remove();
    await endOwnAws(aws);
  });

  const set = (key: string, value: string) => stack.succeed("config", "set", key, value);

  test(
    "leave it to a run to make a part first",
    async () => {
      const targeted = ["up", "--yes", "--skip-preview", "--target=**Vpc::vpc"];
      expect(await stack.succeed(...targeted)).toMatch(/(?<!\d)1 created/);
      const operations = (await recordedCalls(aws)).map(({ operation }) => operation);
      expect(operations).not.toContain("RequestCertificate");
    },
    10 * minutes,
  );

  test(
    "come up, and a second time nothing changes",
    async () => {
      await stack.up();
      expect(await stack.succeed("stack", "output", "url")).toContain("https://ai.example.com");
      expect(await stack.up()).not.toMatch(/\d+ (created|updated|replaced|deleted)/);
    },
    10 * minutes,
  );

  test(
    "another host gets a certificate before the old one goes, and the load balancer stays",
    async () => {
      await set("host", "ml.example.com");
      const changed = await stack.up();
      expect(changed).toMatch(/acm:Certificate edge .*replaced/);
      expect(changed).toMatch(/lb:Listener edge .*updated/);
      expect(changed).not.toMatch(/lb:(LoadBalancer|TargetGroup) edge .*replaced/);
      const operations = (await recordedCalls(aws)).map(({ operation }) => operation);
      expect(operations.lastIndexOf("RequestCertificate")).toBeLessThan(
        operations.lastIndexOf("ModifyListener"),
      );
      expect(operations.lastIndexOf("ModifyListener")).toBeLessThan(
        operations.lastIndexOf("DeleteCertificate"),
      );
    },
    10 * minutes,
  );

  test(
    "other ranges of clients change rules only",
    async () => {
      await set("clients", "192.0.2.0/24");
      const changed = await stack.up();
      expect(changed).toMatch(/SecurityGroupIngressRule edge-https-192\.0\.2\.0\/24 .*created/);
      expect(changed).toMatch(/1 created/);
      expect(changed).toMatch(/1 deleted/);
      expect(changed).not.toMatch(/updated|replaced/);
    },
    10 * minutes,
  );

  test(
    "go, and nothing is left",
    async () => {
      expect(await stack.succeed("destroy", "--yes", "--skip-preview")).toMatch(/\d+ deleted/);
    },
    10 * minutes,
  );
});
