import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { freePort } from "./loopback.ts";

export interface TraefikOptions {
  /** The program itself. */
  readonly binary: string;
  /** Its command as the Deployment has it. */
  readonly command: readonly string[];
  /** Dynamic configuration as the ConfigMap has it. */
  readonly middlewares: string;
  /** Middlewares of each route, as its Ingress names them, by the path. */
  readonly routes: Readonly<Record<string, readonly string[]>>;
  /** Where all routes lead. */
  readonly backend: string;
}

/** What a client gets. */
export interface Answer {
  readonly status: number;
  readonly headers: string;
  readonly body: string;
}

export interface Request {
  readonly path: string;
  /** Address of the client, told by the PROXY protocol. Default: nothing is told. */
  readonly client?: string;
  /** Address that the connection comes from. Default 127.0.0.1. */
  readonly from?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Called with everything that came so far. */
  readonly onData?: (soFar: string) => void;
}

/** The real Traefik with the platform's flags and middlewares, on this machine's loopback instead of in a cluster. */
export class Traefik {
  readonly #folder: string;
  readonly #process: ChildProcess;
  readonly #port: number;

  private constructor(folder: string, process: ChildProcess, port: number) {
    this.#folder = folder;
    this.#process = process;
    this.#port = port;
  }

  static async start({ backend, binary, command, middlewares, routes }: TraefikOptions): Promise<Traefik> {
    const folder = await mkdtemp(join(tmpdir(), "traefik-"));
    const [web, admin] = [await freePort(), await freePort()];
    await writeFile(join(folder, "middlewares.yaml"), middlewares);
    await writeFile(join(folder, "routes.yaml"), stringify({ http: routing(routes, backend) }));
    const flags = command
      .slice(1)
      .filter((flag) => !flag.startsWith("--providers.kubernetesingress"))
      .map((flag) => flag.replace(/^--providers\.file\.directory=.*/, `--providers.file.directory=${folder}`))
      .map((flag) => flag.replace(/^(--entryPoints\.web\.address)=.*/, `$1=:${web}`))
      .map((flag) => flag.replace(/^(--entryPoints\.traefik\.address)=.*/, `$1=:${admin}`));
    const log = join(folder, "log");
    const output = await open(log, "w");
    const running = spawn(binary, flags, { stdio: ["ignore", output.fd, output.fd] });
    await output.close();
    const traefik = new Traefik(folder, running, web);
    try {
      await answers(`http://127.0.0.1:${admin}/ping`);
      await traefik.#routed(Object.keys(routes));
    } catch (error) {
      const said = await readFile(log, "utf8");
      await traefik.stop();
      throw new Error(said, { cause: error });
    }
    return traefik;
  }

  /** Speaks HTTP over a connection of its own. */
  ask({ body = "", client, from = "127.0.0.1", headers = {}, onData, path }: Request): Promise<Answer> {
    const lines = [
      `${body === "" ? "GET" : "POST"} ${path} HTTP/1.1`,
      "Host: ai.example.com",
      "Connection: close",
      ...(body === "" ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ];
    return new Promise((resolve, reject) => {
      let text = "";
      const socket = connect({ host: "127.0.0.1", port: this.#port, localAddress: from }, () => {
        if (client !== undefined) socket.write(proxyHeader(client));
        socket.write(`${lines.join("\r\n")}\r\n\r\n${body}`);
      });
      socket.setEncoding("utf8");
      socket.on("data", (chunk) => {
        text += chunk;
        onData?.(text);
      });
      // An answer may come before the body was read; the rest of it then meets a closed connection.
      socket.on("error", (error) => (text === "" ? reject(error) : resolve(answerIn(text))));
      socket.on("close", () => resolve(answerIn(text)));
    });
  }

  /** Where it takes requests. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Asks it to end, as the kubelet does; its exit code, when it has. */
  async end(): Promise<number> {
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGTERM");
    return (await ended)[0];
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, "exit");
    if (this.#process.exitCode === null && this.#process.kill("SIGKILL")) await ended;
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** It answers before it has read its files. */
  async #routed(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      for (let attempt = 0; (await this.ask({ path })).status === 404; attempt += 1) {
        if (attempt === 300) throw new Error(`${path} is not routed`);
        await sleep(100);
      }
    }
  }
}

function routing(routes: TraefikOptions["routes"], url: string) {
  return {
    routers: Object.fromEntries(
      Object.entries(routes).map(([path, middlewares]) => [
        path.slice(1),
        { rule: `PathPrefix(\`${path}\`)`, service: "backend", middlewares: [...middlewares] },
      ]),
    ),
    services: { backend: { loadBalancer: { servers: [{ url }] } } },
  };
}

/** Version 2, TCP over IPv4. Source: HAProxy, doc/proxy-protocol.txt, section 2.2. */
function proxyHeader(client: string): Buffer {
  const signature = Buffer.from("0d0a0d0a000d0a515549540a", "hex");
  const addresses = [...client.split("."), 203, 0, 113, 1].map(Number);
  return Buffer.concat([signature, Buffer.from([0x21, 0x11, 0, 12, ...addresses, 0x9c, 0x40, 0x01, 0xbb])]);
}

function answerIn(text: string): Answer {
  const end = text.indexOf("\r\n\r\n");
  const head = end < 0 ? text : text.slice(0, end);
  return {
    status: Number(/^HTTP\/1\.[01] (\d+)/.exec(head)?.[1] ?? 0),
    headers: head.toLowerCase(),
    body: end < 0 ? "" : text.slice(end + 4),
  };
}

async function answers(url: string): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    const ok = await fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (ok) return;
    if (attempt === 300) throw new Error(`${url} does not answer`);
    await sleep(100);
  }
}
