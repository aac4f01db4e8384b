import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { silent } from "../../sandbox/lib/progress.ts";
import { buildGo } from "../../sandbox/toolchain/go.ts";
import { freePort, listen } from "./loopback.ts";

/** For whom tokens are. */
const audience = "ai-platform";
/** Domain of those who may. */
const letIn = "example.com";

interface Claims {
  readonly subject: string;
  /** Default: the platform. */
  readonly audience?: string;
  /** From now on. Default: 300. */
  readonly seconds?: number;
  /** Of the e-mail address. Default: the one that is let in. */
  readonly domain?: string;
}

const newKey = () => generateKeyPairSync("rsa", { modulusLength: 2048 });
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** An identity provider of OIDC, as far as who checks tokens needs one: its configuration and its keys. */
export class Issuer {
  readonly url: string;
  readonly #server: Server;
  readonly #key = newKey();

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  static async start(): Promise<Issuer> {
    const server = createServer();
    const issuer = new Issuer(server, `http://127.0.0.1:${await listen(server)}`);
    const pages: Record<string, unknown> = {
      "/.well-known/openid-configuration": {
        issuer: issuer.url,
        authorization_endpoint: `${issuer.url}/authorize`,
        token_endpoint: `${issuer.url}/token`,
        jwks_uri: `${issuer.url}/keys`,
        id_token_signing_alg_values_supported: ["RS256"],
      },
      "/keys": {
        keys: [{ ...issuer.#key.publicKey.export({ format: "jwk" }), kid: "1", alg: "RS256", use: "sig" }],
      },
    };
    server.on("request", ({ url = "" }, response) => {
      const page = pages[url];
      response.writeHead(page === undefined ? 404 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify(page ?? {}));
    });
    return issuer;
  }

  token(claims: Claims): string {
    return this.#signed(claims, this.#key.privateKey);
  }

  /** One that says to be of this issuer, and isn't. */
  forged(claims: Claims): string {
    return this.#signed(claims, newKey().privateKey);
  }

  #signed(
    { subject, audience: aud = audience, domain = letIn, seconds = 300 }: Claims,
    key: KeyObject,
  ): string {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: this.url, sub: subject, email: `${subject}@${domain}`, aud };
    const times = { iat: now - 600, exp: now + seconds };
    const body = `${encoded({ alg: "RS256", kid: "1", typ: "JWT" })}.${encoded({ ...claims, ...times })}`;
    return `${body}.${sign("sha256", Buffer.from(body), key).toString("base64url")}`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** The real oauth2-proxy, from its Go module, with the flags of docs/serving/README.md. */
export class OAuth2Proxy {
  /** Where the gateway asks it. */
  readonly url: string;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, url: string) {
    this.#process = process;
    this.url = url;
  }

  static async start(issuer: Issuer): Promise<OAuth2Proxy> {
    const program = await buildGo(
      {
        name: "oauth2-proxy",
        moduleDir: "test/support/oauth2Proxy",
        package: "github.com/oauth2-proxy/oauth2-proxy/v7",
      },
      silent,
    );
    const address = `127.0.0.1:${await freePort()}`;
    const flags = [
      "--provider=oidc",
      `--oidc-issuer-url=${issuer.url}`,
      `--client-id=${audience}`,
      "--client-secret=unused",
      `--cookie-secret=${randomBytes(16).toString("hex")}`,
      `--email-domain=${letIn}`,
      "--skip-jwt-bearer-tokens=true",
      "--set-xauthrequest=true",
      "--upstream=static://202",
      `--http-address=${address}`,
    ];
    const process = spawn(program, flags, { stdio: ["ignore", "pipe", "pipe"] });
    const said: string[] = [];
    for (const stream of [process.stdout, process.stderr])
      stream.on("data", (text) => said.push(String(text)));
    const started = new OAuth2Proxy(process, `http://${address}/oauth2/auth`);
    for (let tries = 0; tries < 100; tries++) {
      if (await answers(`http://${address}/ping`)) return started;
      if (process.exitCode !== null) break;
      await sleep(100);
    }
    await started.stop();
    throw new Error(`oauth2-proxy doesn't answer: ${said.join("")}`);
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill();
    await once(this.#process, "exit");
  }
}

const answers = (url: string) =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
