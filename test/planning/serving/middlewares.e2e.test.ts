import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { modelMiddlewares, routeMiddlewares } from "../../../planning/serving/middlewares.ts";
import { buildImages } from "../../../sandbox/images/images.ts";
import { silent } from "../../../sandbox/lib/progress.ts";
import { Containers } from "../../support/container.ts";
import { awsSpec, identityService } from "../../support/foundation.ts";
import { Issuer, OAuth2Proxy } from "../../support/identity.ts";
import { listen } from "../../support/loopback.ts";
import { Traefik } from "../../support/traefik.ts";

/** The middlewares of models' routes in the real Traefik, which asks the real oauth2-proxy, before a server that streams. */

const containers = new Containers();
let backend: Server;
let issuer: Issuer;
let proxy: OAuth2Proxy;
let traefik: Traefik;

beforeAll(async () => {
  const [built] = await buildImages(["traefik"], silent);
  if (built === undefined) throw new Error("Traefik's image was not built");
  const { layers } = await containers.unpack(built.archive);
  const binary = layers.map((layer) => join(layer, "usr/local/bin/traefik")).find(existsSync) ?? "";
  issuer = await Issuer.start();
  proxy = await OAuth2Proxy.start(issuer);
  backend = createServer(({ headers, url }, response) => {
    response.write(`${url} begun, ${headers.authorization ?? "no token"}, ${headers.cookie ?? "no cookie"}`);
    if (!url?.endsWith("/stream")) response.end();
  });
  const { forwardAuth } = awsSpec("prod", {
    access: { forwardAuth: identityService },
  }).access;
  const middlewares = stringify({
    http: { middlewares: modelMiddlewares({ forwardAuth, requestsPerSecond: 2 }) },
  });
  const inCluster = "http://oauth2-proxy.identity.svc.cluster.local:4180/oauth2/auth";
  expect(middlewares).toContain(inCluster);
  traefik = await Traefik.start({
    binary,
    command: [
      "traefik",
      "--entryPoints.web.address=:80",
      "--entryPoints.traefik.address=:81",
      "--ping=true",
      "--providers.file.directory=/x",
    ],
    middlewares: middlewares.replace(inCluster, proxy.url),
    routes: { "/models/chat/v1": routeMiddlewares("forward").map((name) => `${name}@file`) },
    backend: `http://127.0.0.1:${await listen(backend)}`,
  });
}, 20 * 60_000);

afterAll(async () => {
  await traefik?.stop();
  backend?.closeAllConnections();
  backend?.close();
  await proxy?.stop();
  issuer?.stop();
  await containers.remove();
});

const ask = (path: string, token: string, onData?: (soFar: string) => void) =>
  traefik.ask({
    path,
    headers: { Authorization: `Bearer ${token}`, Cookie: "session=1" },
    ...(onData ? { onData } : {}),
  });

describe("a model's route", () => {
  test("takes the model's path off", async () => {
    const { body, status } = await ask("/models/chat/v1/models", issuer.token({ subject: "path" }));
    expect(status).toBe(200);
    expect(body).toContain("/v1/models begun");
    expect(body).not.toContain("/models/chat");
  });

  test("knows nothing beside what is allowed", async () => {
    for (const path of ["/models/chat/metrics", "/models/chat/api/pull", "/v1/models"])
      expect((await ask(path, issuer.token({ subject: "beside" }))).status).not.toBe(200);
  });

  test.each<[string, () => string]>([
    ["has ended", () => issuer.token({ subject: "late", seconds: -60 })],
    ["is for somebody else", () => issuer.token({ subject: "other", audience: "another" })],
    ["is signed by somebody else", () => issuer.forged({ subject: "forged" })],
    ["is of somebody of another domain", () => issuer.token({ subject: "a", domain: "example.org" })],
    ["is none", () => "good"],
  ])("refuses a token that %s", async (_, token) => {
    expect((await ask("/models/chat/v1/models", token())).status).toBe(401);
  });

  test("refuses who shows no token", async () => {
    expect((await traefik.ask({ path: "/models/chat/v1/models" })).status).toBe(401);
  });

  test("keeps the token from a server that asks for none", async () => {
    const { body } = await ask("/models/chat/v1/models", issuer.token({ subject: "kept" }));
    expect(body).toContain("begun, no token, no cookie");
  });

  test("passes on what was written before the end", async () => {
    await new Promise<void>((resolve) => {
      void ask(
        "/models/chat/v1/stream",
        issuer.token({ subject: "stream" }),
        (soFar) => soFar.includes("begun") && resolve(),
      );
    });
  });

  test("counts by who asks, however it is written: who asks often waits, others don't", async () => {
    const token = issuer.token({ subject: "often" });
    const path = "/models/chat/v1/models";
    const often = await Promise.all(
      Array.from({ length: 20 }, (_, index) => {
        // oauth2-proxy takes a token for a password too, of any name.
        const Authorization = `Basic ${Buffer.from(`name-${index}:${token}`).toString("base64")}`;
        return traefik.ask({ path, headers: { Authorization, "X-Auth-Request-User": `name-${index}` } });
      }),
    );
    expect(new Set(often.map(({ status }) => status))).toEqual(new Set([200, 429]));
    expect((await ask("/models/chat/v1/models", issuer.token({ subject: "rare" }))).status).toBe(200);
  });

  test("lets nobody in while there is nobody to ask", async () => {
    await proxy.stop();
    const { body, status } = await ask("/models/chat/v1/models", issuer.token({ subject: "alone" }));
    expect(status).toBeGreaterThanOrEqual(500);
    expect(body).not.toContain("begun");
  });
});
