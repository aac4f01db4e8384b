import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import {
  addEvent,
  changedCount,
  describeChanges,
  describeUrn,
  type EngineEvent,
  emptySummary,
  followEvents,
} from "../../sandbox/cli/events.ts";

const urn = "urn:pulumi:local::ai-platform::x:Platform$kubernetes:apps/v1:Deployment::mlflow";
const metadata = { op: "create", urn, type: "kubernetes:apps/v1:Deployment" };

test("a resource is named as a person would", () => {
  expect(describeUrn(urn)).toBe("mlflow (Deployment)");
  expect(describeUrn("nonsense")).toBe("nonsense");
});

test("running and ended operations are counted, errors and violations collected", () => {
  const summary = emptySummary();
  addEvent(summary, { resourcePreEvent: { metadata } });
  expect([...summary.running.values()]).toEqual(["mlflow (Deployment)"]);
  addEvent(summary, {
    diagnosticEvent: { urn, message: "<{%fg 1%}>0 of 1 pods ready<{%reset%}>\n", severity: "info" },
  });
  expect(summary.latest).toBe("mlflow (Deployment): 0 of 1 pods ready");
  addEvent(summary, { diagnosticEvent: { urn, message: "ImagePullBackOff", severity: "error" } });
  addEvent(summary, {
    policyEvent: {
      resourceUrn: urn,
      message: "label owner",
      policyName: "labels",
      enforcementLevel: "mandatory",
    },
  });
  addEvent(summary, {
    policyEvent: { resourceUrn: urn, message: "be nice", policyName: "kind", enforcementLevel: "advisory" },
  });
  addEvent(summary, { resOpFailedEvent: { metadata } });
  addEvent(summary, { summaryEvent: { resourceChanges: { create: 1, same: 4 } } });
  expect(summary.latest).toBe("");
  expect(summary).toMatchObject({
    done: 1,
    errors: ["mlflow (Deployment): ImagePullBackOff", "mlflow (Deployment): policy labels: label owner"],
    warnings: ["mlflow (Deployment): policy kind: be nice"],
  });
  expect(changedCount(summary)).toBe(1);
  expect(describeChanges(summary)).toBe("1 create");
});

test("a replacement is one change, whatever its order", () => {
  const summary = emptySummary();
  for (const op of ["delete-replaced", "replace", "create-replacement"]) {
    addEvent(summary, { resourcePreEvent: { metadata: { ...metadata, op } } });
    addEvent(summary, { resOutputsEvent: { metadata: { ...metadata, op } } });
  }
  expect(summary.done).toBe(1);
});

test("only sameness is no change", () => {
  const summary = emptySummary();
  addEvent(summary, { summaryEvent: { resourceChanges: { same: 40, read: 1 } } });
  expect(changedCount(summary)).toBe(0);
  expect(describeChanges(summary)).toBe("no change");
});

test("events are read while the file grows, also those written last and in pieces", async () => {
  const folder = await mkdtemp(join(tmpdir(), "events-"));
  const file = join(folder, "events.jsonl");
  const seen: EngineEvent[] = [];
  const writing = (async () => {
    await sleep(50);
    await appendFile(file, '{"summaryEvent":{"resourceCh');
    await sleep(300);
    await appendFile(file, 'anges":{"same":1}}}\nnot json\n{"summaryEvent":{}}\n');
  })();
  await followEvents(file, writing, (event) => seen.push(event));
  expect(seen).toEqual([{ summaryEvent: { resourceChanges: { same: 1 } } }, { summaryEvent: {} }]);
  await rm(folder, { recursive: true });
});
