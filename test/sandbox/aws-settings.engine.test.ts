import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { recordedCalls, type SimulatedAws } from "../../sandbox/aws/server.ts";
import { engine } from "../../sandbox/engine/engine.ts";
import { endOwnAws, leadTo, startOwnAws } from "./support/aws/own.ts";
import { Program } from "./support/program.ts";

/**
 * A stack's `aws:` configuration is the provider's, whatever the environment says: its calls go where `aws:endpoints` says,
 * as the role of `aws:assumeRoles`. Two simulated AWS tell one from the other.
 */

const official = (await engine()).kind === "official";
const minutes = 60_000;
const source = `import * as aws from "@pulumi/aws";
new aws.sns.Topic("alarms");
`;

describe.skipIf(official)("a stack's configuration of the provider", () => {
  let named: SimulatedAws;
  let around: SimulatedAws;
  let program: Program;

  beforeAll(async () => {
    [named, around] = await Promise.all([
      startOwnAws({ kubernetes: false }),
      startOwnAws({ kubernetes: false }),
    ]);
    program = await Program.create(source);
    await leadTo(around, program.env);
  }, 60 * minutes);

  afterAll(async () => {
    await program?.remove();
    await endOwnAws(named);
    await endOwnAws(around);
  });

  const configure = async (settings: Readonly<Record<string, string>>) => {
    for (const [key, value] of Object.entries(settings)) {
      await program.succeed("config", "set", "--path", `aws:${key}`, value);
    }
  };
  const operations = async (aws: SimulatedAws) =>
    (await recordedCalls(aws)).map(({ operation }) => operation);

  test(
    "says where its calls go, and as whom",
    async () => {
      await configure({
        region: "eu-central-1",
        "endpoints[0].sns": named.endpoint,
        "endpoints[0].sts": named.endpoint,
        "assumeRoles[0].roleArn": "arn:aws:iam::123456789012:role/deployer",
      });
      expect(await program.up()).toContain("2 created");
      expect(await operations(named)).toEqual(
        expect.arrayContaining(["AssumeRole", "GetCallerIdentity", "CreateTopic"]),
      );
      expect(await operations(around)).toEqual([]);
      expect(await program.state()).toContain("arn:aws:sns:eu-central-1:123456789012:alarms");
    },
    5 * minutes,
  );

  test(
    "says what the provider asks nobody",
    async () => {
      await configure({
        skipCredentialsValidation: "true",
        skipRequestingAccountId: "true",
        skipMetadataApiCheck: "true",
        skipRegionValidation: "true",
      });
      const before = (await operations(named)).length;
      expect(await program.up()).toContain("unchanged");
      const asked = (await operations(named)).slice(before);
      expect(asked).toContain("AssumeRole");
      expect(asked).not.toContain("GetCallerIdentity");
    },
    5 * minutes,
  );
});
