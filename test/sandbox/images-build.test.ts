import {
  access,
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Base } from "../../sandbox/images/base.ts";
import { executeDockerfile } from "../../sandbox/images/build.ts";
import { emptyConfig, parseDockerfile } from "../../sandbox/images/dockerfile.ts";
import { silent } from "../../sandbox/lib/progress.ts";
import { readContext } from "../../spec/buildContext.ts";

/** Namespaces and overlays need root, and the base below a merged /usr like Debian's. */
const able = process.getuid?.() === 0;

/** A base of this machine's own few programs, so that no test waits for Debian. */
const programs = [
  "sh",
  "env",
  "mkdir",
  "readlink",
  "xargs",
  "chmod",
  "chown",
  "cat",
  "rm",
  "id",
  "ls",
  "ln",
  "test",
];

let root: string;
let base: Base;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "build-"));
  const rootfs = join(root, "base");
  for (const folder of ["proc", "dev", "tmp", "etc", "run", "var", "usr/bin", "usr/lib", "srv/data"]) {
    await mkdir(join(rootfs, folder), { recursive: true });
  }
  await symlink("usr/bin", join(rootfs, "bin"));
  await symlink("/run", join(rootfs, "var/run"));
  await writeFile(join(rootfs, "srv/data/old"), "old");
  await writeFile(join(rootfs, "etc/motd"), "hello");
  await writeFile(join(rootfs, "etc/passwd"), "root:x:0:0::/:/bin/sh\napp:x:7:7::/:/bin/sh\n");
  await writeFile(join(rootfs, "etc/group"), "root:x:0:\napp:x:7:\n");
  for (const program of programs) await install(program, rootfs);
  const layer = { file: "", digest: "", diffId: "", size: 0 };
  base = { rootfs, layer, config: { ...emptyConfig, Env: { PATH: "/bin" } }, packages: "" };
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Copies a program with the libraries that it loads. */
async function install(program: string, rootfs: string): Promise<void> {
  const { stdout: path } = await execa("sh", [
    "-c",
    `command -v ${program} | grep / || echo /usr/bin/${program}`,
  ]);
  const { stdout } = await execa("ldd", [path], { reject: false });
  const libraries = [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, library]) => library ?? "");
  await execa("cp", ["-L", path, join(rootfs, "usr/bin", program)]);
  for (const library of libraries) {
    await mkdir(join(rootfs, dirname(library)), { recursive: true });
    await execa("cp", ["-L", library, join(rootfs, library)]);
  }
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(root, "test-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Builds and gives the upper folder, which is what becomes the layer. */
async function build(dockerfile: string, files: Record<string, string> = {}) {
  const context = join(folder, "context");
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(context, path)), { recursive: true });
    await writeFile(join(context, path), text);
    if (path.endsWith(".sh")) await chmod(join(context, path), 0o755);
  }
  await mkdir(context, { recursive: true });
  const built = await executeDockerfile(
    {
      stages: parseDockerfile(dockerfile, "Dockerfile"),
      context: await readContext(context),
      bases: new Map([["base", base]]),
      archives: [],
    },
    join(folder, "work"),
    silent,
  );
  const upper = built.rootfs.upper;
  return {
    config: built.config,
    path: (path: string) => join(upper, path),
    text: (path: string) => readFile(join(upper, path), "utf8"),
    list: async (path = "") => (await readdir(join(upper, path))).sort(),
  };
}

describe.skipIf(!able)("a build", () => {
  test("adds a layer and leaves the base as it was", async () => {
    const { text, list } = await build(
      "FROM base\nRUN echo more >>/etc/motd && mkdir /new && echo x >/new/file",
    );
    expect(await text("etc/motd")).toBe("hellomore\n");
    expect(await text("new/file")).toBe("x\n");
    expect(await readFile(join(base.rootfs, "etc/motd"), "utf8")).toBe("hello");
    expect(await list()).toEqual(["etc", "new"]);
  });

  test("marks what it deletes the way OCI does, also where a folder was replaced", async () => {
    const { list, text } = await build(
      "FROM base\nRUN rm /etc/motd && rm -r /srv/data && mkdir /srv/data && echo new >/srv/data/new",
    );
    expect(await list("etc")).toEqual([".wh.motd"]);
    expect(await list("srv/data")).toEqual([".wh.old", "new"]);
    expect(await text("srv/data/new")).toBe("new\n");
  });

  test("has no network, no variables of the host, and the image's own", async () => {
    const { text } = await build(
      "FROM base\nENV A=1\nRUN echo $A $B$USER >/a && ls /sys >/sys-is-empty; cat /proc/net/dev >/net",
    );
    expect(await text("a")).toBe("1\n");
    const devices = (await text("net"))
      .split("\n")
      .slice(2)
      .filter((line) => line !== "");
    expect(devices.map((line) => line.trim().split(":", 1)[0])).toEqual(["lo"]);
  });

  test("runs commands as the user and in the folder that the lines before say", async () => {
    const { text } = await build("FROM base\nWORKDIR /w/d\nRUN chmod 777 .\nUSER 7:7\nRUN id -u >u");
    expect(await text("w/d/u")).toBe("7\n");
  });

  test("copies files, folders and patterns with modes and owners that are told", async () => {
    const { text, path, list } = await build(
      "FROM base\nWORKDIR /app\nCOPY a.txt ./\nCOPY a.txt b.txt /many/\nCOPY src ./src\nCOPY *.sh /bin2/\nCOPY --chmod=711 --chown=7:7 src /owned\nCOPY a.txt renamed",
      { "a.txt": "a", "b.txt": "b", "src/deep/x": "x", "run.sh": "s" },
    );
    expect(await text("app/a.txt")).toBe("a");
    expect(await list("many")).toEqual(["a.txt", "b.txt"]);
    expect(await text("app/src/deep/x")).toBe("x");
    expect((await stat(path("bin2/run.sh"))).mode & 0o777).toBe(0o755);
    expect(await stat(path("owned/deep/x"))).toMatchObject({ uid: 7, gid: 7, mode: 0o100711 });
    expect((await stat(path("owned"))).uid).toBe(0);
    expect(await text("app/renamed")).toBe("a");
  });

  test("never follows a link of the image out of the image", async () => {
    const { text } = await build("FROM base\nCOPY a.txt /var/run/escaped", { "a.txt": "a" });
    expect(await text("run/escaped")).toBe("a");
    await expect(access("/run/escaped")).rejects.toThrow();
  });

  test("takes files from earlier stages, which leave nothing else", async () => {
    const { text, list, config } = await build(
      'FROM base AS one\nENV X=1\nRUN mkdir /o && echo 1 >/o/f && ln -s f /o/l && echo 1 >/o/g\nFROM one AS two\nRUN echo 2 >>/o/f\nFROM base\nCOPY --from=two /o /out\nCMD ["a"]',
    );
    expect(await text("out/f")).toBe("1\n2\n");
    expect(await list("out")).toEqual(["f", "g", "l"]);
    expect(await list()).toEqual(["out"]);
    expect(config).toMatchObject({ Cmd: ["a"], Env: { PATH: "/bin" } });
  });

  test.each([
    ["FROM nowhere", "FROM nowhere: there is no such base."],
    [
      "FROM base\nRUN echo why >/dev/stderr; echo no >&2; false",
      "RUN echo why >/dev/stderr; echo no >&2; false\nended with exit code 1:",
    ],
    ["FROM base\nCOPY missing /", "COPY missing /\nended with exit code 1:"],
    ["FROM base\nCOPY --from=none a /", "COPY --from=none: there is no such stage or context."],
  ])("that fails says where: %j", async (dockerfile, message) => {
    await expect(build(dockerfile)).rejects.toMatchObject({
      name: "UserError",
      message: expect.stringContaining(message),
    });
  });
});
