import { once } from "node:events";
import { existsSync } from "node:fs";
import { Agent, createServer, get, type IncomingMessage, type Server } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Experiments } from "../../components/experiments.ts";
import { Gateway } from "../../components/gateway.ts";
import { planServices } from "../../planning/services.ts";
import { buildImages } from "../../sandbox/images/images.ts";
import { silent } from "../../sandbox/lib/progress.ts";
import type { AwsPlatformInput } from "../../spec/platform.ts";
import { Containers } from "../support/container.ts";
import { hostedZone } from "../support/edge.ts";
import { awsSpec } from "../support/foundation.ts";
import { eventually } from "../support/local.ts";
import { listen } from "../support/loopback.ts";
import { find, type Rendered, render } from "../support/render.ts";
import { type Answer, Traefik } from "../support/traefik.ts";

/** The real Traefik, with the flags and the dynamic configuration that the components render for AWS. */

const containers = new Containers();
const me = "192.0.2.7";
const other = "198.51.100.9";
let binary = "";
let backend: Server;
let backendUrl = "";
let release = () => {};
let streams = 0;
let traefik: Traefik | undefined;

beforeAll(async () => {
  const [built] = await buildImages(["traefik"], silent);
  if (built === undefined) throw new Error("Traefik's image was not built");
  const { layers } = await containers.unpack(built.archive);
  binary = layers.map((layer) => join(layer, "usr/local/bin/traefik")).find(existsSync) ?? "";

  backend = createServer((request, response) => {
    if (request.url?.endsWith("/held")) {
      streams += 1;
      response.write("begun ");
      const finish = release;
      release = () => {
        finish();
        response.end("ended");
      };
      return;
    }
    request.resume();
    request.on("end", () => response.end(JSON.stringify(request.headers)));
  });
  backendUrl = `http://127.0.0.1:${await listen(backend)}`;
}, 20 * 60_000);

afterEach(async () => {
  await traefik?.stop();
  traefik = undefined;
  release = () => {};
  streams = 0;
});

afterAll(async () => {
  backend.close();
  await containers.remove();
});

/** The gateway of an environment whose VPC is half of the loopback network. */
async function gateway(given: Partial<AwsPlatformInput["gateway"]> = {}): Promise<Traefik> {
  const services = planServices(
    awsSpec("dev", {
      network: { cidr: "127.0.0.0/16" },
      gateway: { host: "ai.example.com", hostedZone, ...given },
    }),
  );
  const { labels } = services;
  const resources = await render(() => {
    const namespace = "test";
    new Gateway("gateway", { plan: services.gateway, labels, namespace, servedNamespaces: [], backends: [] });
    const route = { plan: services.experiments, labels, namespace, host: undefined, clients: [] };
    new Experiments("experiments", {
      ...route,
      image: "experiments:1",
      trackingUri: "",
      mlflow: "kubernetes-api",
    });
  });
  const { command } = find(resources, "Deployment", "gateway").inputs.spec.template.spec.containers[0];
  traefik = await Traefik.start({
    binary,
    command,
    middlewares: find(resources, "ConfigMap", "gateway-middlewares").inputs.data["middlewares.yaml"],
    routes: { "/experiments": middlewaresOf(resources), "/streams": ["secure-headers@file"] },
    backend: backendUrl,
  });
  return traefik;
}

function middlewaresOf(resources: readonly Rendered[]): string[] {
  const { annotations } = find(resources, "Ingress", "experiments").inputs.metadata;
  return annotations["traefik.ingress.kubernetes.io/router.middlewares"].split(",");
}

const statuses = (answers: readonly Answer[]) => answers.map(({ status }) => status);

describe("behind the load balancer", () => {
  test("a service gets to know the client's own address, and that it came by HTTPS", async () => {
    const running = await gateway();
    const headers = {
      "X-Forwarded-For": "203.0.113.66",
      "X-Real-Ip": "203.0.113.66",
      "X-Forwarded-Proto": "http",
    };
    const { body, status } = await running.ask({ path: "/streams", client: me, headers });
    expect(status).toBe(200);
    expect(body).toContain(`"x-forwarded-for":"${me}"`);
    expect(body).toContain(`"x-real-ip":"${me}"`);
    expect(body).toContain('"x-forwarded-proto":"https"');
    expect(body).not.toContain("203.0.113.66");
  });

  test("browsers are told to come by HTTPS only, and what serves them isn't told", async () => {
    const { headers } = await (await gateway()).ask({ path: "/streams", client: me });
    expect(headers).toContain("strict-transport-security: max-age=31536000");
    expect(headers).toContain("x-content-type-options: nosniff");
    expect(headers).not.toMatch(/^server:/m);
  });

  test("nobody outside the VPC is believed about a client's address", async () => {
    const running = await gateway();
    const { body } = await running.ask({ path: "/streams", client: me, from: "127.1.0.1" });
    expect(body).toContain('"x-forwarded-for":"127.1.0.1"');
    expect(body).not.toContain(me);
  });
});

describe("one client", () => {
  test("may ask so often, and others are not held to what it did", async () => {
    const running = await gateway({ limits: { requestsPerSecond: 2 } });
    const asked = Array.from({ length: 30 }, (_, index) =>
      running.ask({ path: "/streams", client: me, headers: { "X-Forwarded-For": `203.0.113.${index}` } }),
    );
    const answered = statuses(await Promise.all(asked));
    expect(new Set(answered)).toEqual(new Set([200, 429]));
    expect(answered.filter((status) => status === 200).length).toBeGreaterThanOrEqual(4);
    expect((await running.ask({ path: "/streams", client: other })).status).toBe(200);
  });

  test("may have so many requests at a time, and then again", async () => {
    const running = await gateway({ limits: { concurrentRequests: 2 } });
    const hold = () =>
      new Promise<{ readonly end: Promise<Answer> }>((begun) => {
        const end = running.ask({
          path: "/streams/held",
          client: me,
          // What was written before the end comes before it: answers stream.
          onData: (soFar) => soFar.includes("begun") && begun({ end }),
        });
      });
    const held = [await hold(), await hold()];
    expect((await running.ask({ path: "/streams", client: me })).status).toBe(429);
    expect((await running.ask({ path: "/streams", client: other })).status).toBe(200);
    release();
    expect(statuses(await Promise.all(held.map(({ end }) => end)))).toEqual([200, 200]);
    expect((await running.ask({ path: "/streams", client: me })).status).toBe(200);
  });

  test("is let in from the ranges of the spec and from the VPC only", async () => {
    const running = await gateway({ allowedCidrs: ["192.0.2.0/24"] });
    expect((await running.ask({ path: "/streams", client: me })).status).toBe(200);
    expect((await running.ask({ path: "/streams", client: other })).status).toBe(403);
    expect((await running.ask({ path: "/streams" })).status).toBe(200);
    expect((await running.ask({ path: "/streams", from: "127.1.0.1" })).status).toBe(403);
  });

  test("may send bodies of so many MiB to a service with small ones, of any size to others", async () => {
    const running = await gateway({ limits: { bodyMiB: 1 } });
    const send = async (path: string, bytes: number) =>
      (await running.ask({ path, client: me, body: "x".repeat(bytes) })).status;
    expect(await send("/experiments", 2 ** 20)).toBe(200);
    expect(await send("/experiments", 2 ** 20 + 1)).toBe(413);
    expect(await send("/streams", 2 ** 22)).toBe(200);
  });
});

describe("its end", () => {
  /** Over one connection, as long as that is kept. */
  async function asked(url: string, agent: Agent): Promise<IncomingMessage> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get(url, { agent }, resolve).on("error", reject);
    });
    response.resume();
    await once(response, "end");
    return response;
  }

  test("gives a connection in use its last answer, takes new ones meanwhile, and comes after what is under way", async () => {
    const running = await gateway();
    const held: Promise<Answer> = running.ask({ path: "/streams/held" });
    await eventually(10, async () => expect(streams).toBe(1));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const url = `${running.url}/streams`;
    expect((await asked(url, agent)).headers.connection).not.toBe("close");

    const ended = running.end();
    const began = performance.now();
    const seconds = () => (performance.now() - began) / 1000;
    while ((await asked(url, agent)).headers.connection !== "close") await sleep(200);
    // Well before it closes what is idle, and not at once: connections are for more than one request.
    expect(seconds()).toBeLessThan(12);
    expect(seconds()).toBeGreaterThan(5);
    agent.destroy();
    expect((await running.ask({ path: "/streams" })).status).toBe(200);

    await sleep((16 - seconds()) * 1000);
    await expect(running.ask({ path: "/streams" })).rejects.toThrow("ECONNREFUSED");
    release();
    const { body, status } = await held;
    expect(status).toBe(200);
    expect(body).toContain("ended");
    expect(await ended).toBe(0);
  }, 60_000);
});
