import { once } from "node:events";
import { createServer as createHttpServer, type ServerResponse } from "node:http";
import { createServer, type Server } from "node:net";
import { afterEach, expect, test } from "vitest";
import { failOn, listener, portProblem } from "../../sandbox/cli/machine.ts";
import { shellQuote, stackOf } from "../../sandbox/cli/pulumi.ts";
import { describeAuth, judge, probe } from "../../sandbox/cli/services.ts";
import { UserError } from "../../sandbox/lib/fail.ts";

let server: Server | undefined;
afterEach(() => server?.close());

const portOf = (listening: Server): number => {
  const address = listening.address();
  return typeof address === "object" && address ? address.port : 0;
};

const occupy = async (): Promise<number> => {
  server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  return portOf(server);
};

test("a taken port is named with its owner and the option that moves it", async () => {
  const port = await occupy();
  const [problem] = await portProblem(port, "--port");
  expect(problem?.problem).toContain(`Port ${port} on 127.0.0.1 is taken`);
  expect(problem?.problem).toContain(`(process ${process.pid})`);
  expect(problem?.remedy[0]).toContain(`npm start -- --port ${port + 1}`);
});

test("a free port is no problem", async () => {
  const port = await occupy();
  server?.close();
  expect(await portProblem(port, "--port")).toEqual([]);
  expect(await listener(port)).toBeUndefined();
});

test("all problems are told at once", () => {
  expect(() => failOn([])).not.toThrow();
  const problems = [
    { problem: "no root", remedy: ["sudo"] },
    { problem: "no disk", remedy: ["df -h"] },
  ];
  expect(() => failOn(problems)).toThrow(UserError);
  expect(() => failOn(problems)).toThrow(/2 problems[\s\S]*no root[\s\S]*sudo[\s\S]*no disk[\s\S]*df -h/);
});

test.each([
  [200, "/mlflow", true],
  [401, "/mlflow", true],
  [404, "/mlflow", false],
  [404, "/", true],
  [502, "/", false],
])("HTTP %d at %s counts as ready: %s", (status, path, ready) => {
  expect(judge(status, path)).toMatchObject({ ready, answer: expect.stringContaining(`HTTP ${status}`) });
});

test("a service that is not there is not ready, and says why", async () => {
  const port = await occupy();
  server?.close();
  expect(await probe(`http://127.0.0.1:${port}`, "/x")).toMatchObject({
    ready: false,
    answer: expect.stringContaining("ECONNREFUSED"),
  });
});

test.each([
  ["never answers", () => undefined, { ready: false, answer: "no answer within 0.3 s" }],
  [
    "never ends its answer",
    (response: ServerResponse) => response.writeHead(200, { "content-encoding": "gzip" }).write("cut sho"),
    { ready: true, answer: "HTTP 200" },
  ],
])("a service that %s keeps nobody waiting", async (_, answer, expected) => {
  const silent = createHttpServer((_, response) => void answer(response)).listen(0, "127.0.0.1");
  await once(silent, "listening");
  try {
    expect(await probe(`http://127.0.0.1:${portOf(silent)}`, "/x", 0.3)).toEqual(expected);
  } finally {
    silent.closeAllConnections();
    silent.close();
  }
});

test("how to authenticate is told in words", () => {
  expect(describeAuth({ kind: "none" })).toBe("none");
  const secret = { namespace: "data", name: "pg" };
  expect(describeAuth({ kind: "password", secret, user: "postgres", keys: ["password"] })).toBe(
    "user postgres, secret data/pg (password)",
  );
});

test.each([
  ["/usr/bin:/bin", "/usr/bin:/bin"],
  ["it's $HOME", "'it'\\''s $HOME'"],
])("%s is quoted for a shell", (word, quoted) => {
  expect(shellQuote(word)).toBe(quoted);
});

test.each([
  [["preview", "-s", "local"], "local"],
  [["up", "--stack=dev", "--yes"], "dev"],
  [["up", "--stack", "org/p/dev"], "org/p/dev"],
  [["stack", "ls"], undefined],
  [["up", "-s"], undefined],
  [["up", "-ys", "dev"], "dev"],
  [["up", "-yfsprod"], "prod"],
  [["up", "-m", "less"], undefined],
  [["up", "-mless"], undefined],
])("%j is about the stack %s", (args, stack) => {
  expect(stackOf(args)).toBe(stack);
});
