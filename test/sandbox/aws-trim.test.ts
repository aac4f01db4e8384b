import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { hurried } from "../../sandbox/aws/hurry.ts";
import { providerModule, withCopies } from "../../sandbox/aws/provider.ts";
import { copyTrimmed, onlyClients, onlyServices } from "../../sandbox/aws/trim.ts";

const service = "github.com/hashicorp/terraform-provider-aws/internal/service";
const client = "github.com/aws/aws-sdk-go-v2/service";

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

const servicesFile = `package sdkv2
import (
	"${service}/eks"
	"${service}/s3"
	"${service}/xray"
)
var all = []any{
		eks.ServicePackage(ctx),
		s3.ServicePackage(ctx),
		xray.ServicePackage(ctx),
}
`;

const clientsFile = `package conns
import (
	"${client}/eks"
	eventually "${client}/events"
	"${client}/xray"
	"context"
)

func (c *AWSClient) EKSClient(ctx context.Context) *eks.Client {
	return nil
}

func (c *AWSClient) EventsClient(ctx context.Context) *eventually.Client {
	return nil
}

func (c *AWSClient) XRayClient(ctx context.Context) *xray.Client {
	return nil
}
`;

describe("the provider's sources", () => {
  test("list the kept services alone", () => {
    const text = onlyServices(servicesFile, new Set(["eks", "s3"]));
    expect(text).toContain("eks.ServicePackage");
    expect(text).toContain("package sdkv2");
    expect(text).not.toContain("xray");
  });

  test("keep the clients that are called, and their imports under any name", () => {
    const text = onlyClients(clientsFile, new Set(["EKSClient", "EventsClient"]));
    expect(text).toContain(`eventually "${client}/events"`);
    expect(text).toContain("*eks.Client");
    expect(text).toContain('"context"');
    expect(text).not.toContain("xray");
  });

  test("are copied with the services that a kept one imports, without tests and the rest", async () => {
    const from = await mkdtemp(join(tmpdir(), "ai-platform-trim-"));
    folders.push(from);
    const files: Record<string, string> = {
      "go.mod": "module x",
      "website/large.md": "",
      "internal/service/eks/cluster.go": `import "${service}/s3"\nc.EKSClient(ctx)`,
      "internal/service/eks/cluster_test.go": `import "${service}/xray"`,
      "internal/service/s3/bucket.go": "package s3",
      "internal/service/xray/trace.go": "c.XRayClient(ctx)",
      "internal/provider/sdkv2/service_packages_gen.go": servicesFile,
      "internal/conns/awsclient_gen.go": clientsFile,
      "internal/backoff/backoff.go": "\treturn time.After(d)\n",
    };
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(from, name)), { recursive: true });
      await writeFile(join(from, name), text);
    }
    const to = join(from, "copy");
    await copyTrimmed(from, to, ["eks"]);
    expect((await readdir(join(to, "internal", "service"))).sort()).toEqual(["eks", "s3"]);
    expect(await readdir(join(to, "internal", "service", "eks"))).toEqual(["cluster.go"]);
    expect(await readdir(to)).not.toContain("website");
    const clients = await readFile(join(to, "internal/conns/awsclient_gen.go"), "utf8");
    expect(clients).toContain("EKSClient");
    expect(clients).not.toContain("XRayClient");
    expect(await readFile(join(to, "internal/backoff/backoff.go"), "utf8")).toContain(
      "time.After(d / speed)",
    );
    expect(await readFile(join(to, "internal/backoff/speed.go"), "utf8")).toContain("package backoff");
  });

  test("wait less between two looks, as long as ever before giving up", () => {
    const text = [
      "case <-time.After(conf.Delay):",
      "case <-time.After(wait):",
      "timeout := time.After(conf.Timeout)",
    ].join("\n");
    const hurriedText = hurried("sdk", "helper/retry/state.go", text);
    expect(hurriedText).toContain("time.After(conf.Delay / speed)");
    expect(hurriedText).toContain("time.After(wait / speed)");
    expect(hurriedText).toContain("time.After(conf.Timeout)");
  });

  test("that wait elsewhere than expected are no silent success", () => {
    expect(() => hurried("sdk", "helper/retry/state.go", "sleep()")).toThrow("no longer waits where it did");
  });
});

describe("the plugin's go.mod", () => {
  test("is built with the copies in the place of both pinned modules", async () => {
    const text = withCopies(await readFile(join(providerModule, "go.mod"), "utf8"));
    expect(text).toContain("replace github.com/hashicorp/terraform-provider-aws => ./terraform-provider-aws");
    expect(text).toContain("replace github.com/hashicorp/terraform-plugin-sdk/v2 => ./terraform-plugin-sdk");
  });

  test("that pins one of them no longer is an error", () => {
    expect(() => withCopies("module x\n")).toThrow("does not pin");
  });
});
