import { expect, test } from "vitest";
import { Gateway } from "../../components/gateway.ts";
import { planServices } from "../../planning/services.ts";
import type { AwsPlatformInput } from "../../spec/platform.ts";
import { awsSpec, identityService } from "../support/foundation.ts";
import { find, render } from "../support/render.ts";

async function egressOf(access: AwsPlatformInput["access"]) {
  const { gateway, labels } = planServices(awsSpec("dev", { access }));
  const resources = await render(() => {
    new Gateway("gateway", { plan: gateway, labels, namespace: "test", servedNamespaces: [], backends: [] });
  });
  return find(resources, "NetworkPolicy", "gateway").inputs.spec.egress;
}

test("whom Traefik asks about requests it may reach, and nobody beside", async () => {
  const [asking, plain] = [await egressOf({ forwardAuth: identityService }), await egressOf({})];
  expect(asking.slice(0, plain.length)).toEqual(plain);
  expect(asking.slice(plain.length)).toEqual([
    {
      to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "identity" } } }],
      ports: [{ protocol: "TCP", port: 4180 }],
    },
  ]);
});
