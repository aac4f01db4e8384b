import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { modelMiddlewares, routeMiddlewares } from "../../../planning/serving/middlewares.ts";
import { buildImages } from "../../../sandbox/images/images.ts";
import { silent } from "../../../sandbox/lib/progress.ts";
import { Containers } from "../../support/container.ts";
import { Traefik } from "../../support/traefik.ts";

/** The middlewares of models' routes in the real Traefik, before a server that streams and one that knows keys. */

const containers = new Containers();
let backend: Server;
let keys: Server;
let traefik: Traefik;

const listening = (server: Server) =>
  new Promise<string>((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address ? `http://127.0.0.1:${address.port}` : "");
    });
  });

beforeAll(async () => {
  const [built] = await buildImages(["traefik"], silent);
  if (built === undefined) throw new Error("Traefik's image was not built");
  const { layers } = await containers.unpack(built.archive);
  const binary = layers.map((layer) => join(layer, "usr/local/bin/traefik")).find(existsSync) ?? "";
  keys = createServer(({ headers }, response) => {
    response.statusCode =
      headers.authorization === "Bearer good" || headers.authorization === "Bearer often" ? 200 : 401;
    response.end();
  });
  backend = createServer(({ url }, response) => {
    response.write(`${url} begun`);
    if (!url?.endsWith("/stream")) response.end();
  });
  const forwardAuth = await listening(keys);
  traefik = await Traefik.start({
    binary,
    command: [
      "traefik",
      "--entryPoints.web.address=:80",
      "--entryPoints.traefik.address=:81",
      "--ping=true",
      "--providers.file.directory=/x",
    ],
    middlewares: stringify({
      http: { middlewares: modelMiddlewares({ forwardAuth, requestsPerSecond: 2 }) },
    }),
    routes: { "/models/chat/v1": routeMiddlewares("forward").map((name) => `${name}@file`) },
    backend: await listening(backend),
  });
}, 20 * 60_000);

afterAll(async () => {
  await traefik?.stop();
  backend?.closeAllConnections();
  backend?.close();
  keys?.close();
  await containers.remove();
});

const ask = (path: string, key: string, onData?: (soFar: string) => void) =>
  traefik.ask({ path, headers: { Authorization: `Bearer ${key}` }, ...(onData ? { onData } : {}) });

describe("a model's route", () => {
  test("takes the model's path off", async () => {
    const { body, status } = await ask("/models/chat/v1/models", "good");
    expect(status).toBe(200);
    expect(body).toContain("/v1/models begun");
    expect(body).not.toContain("/models/chat");
  });

  test("knows nothing beside what is allowed", async () => {
    for (const path of ["/models/chat/metrics", "/models/chat/api/pull", "/v1/models"])
      expect((await ask(path, "good")).status).not.toBe(200);
  });

  test("asks about keys first", async () => {
    expect((await ask("/models/chat/v1/models", "bad")).status).toBe(401);
  });

  test("passes on what was written before the end", async () => {
    await new Promise<void>((resolve) => {
      void ask("/models/chat/v1/stream", "good", (soFar) => soFar.includes("begun") && resolve());
    });
  });

  test("counts by key: whose is often used waits, others don't", async () => {
    const often = await Promise.all(Array.from({ length: 20 }, () => ask("/models/chat/v1/models", "often")));
    expect(new Set(often.map(({ status }) => status))).toEqual(new Set([200, 429]));
    expect((await ask("/models/chat/v1/models", "good")).status).toBe(200);
  });
});
