import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { migBootScript } from "../../../planning/foundation/migBoot.ts";

const script = migBootScript({ profile: "3g.20gb", perCard: 2 });

/** The file that the script writes to a path. */
function written(path: string): string {
  const [, text = ""] =
    new RegExp(`cat > ${path} <<'(?:PROGRAM|UNIT)'\\n([\\s\\S]*?)(?:PROGRAM|UNIT)\\n`).exec(script) ?? [];
  return text;
}

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cut-gpus-"));
  mkdirSync(join(folder, "bin"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A program of the node that notes how it was called, and answers. */
function standIn(name: string, body: string): void {
  const file = join(folder, "bin", name);
  writeFileSync(file, `#!/bin/bash\necho "${name} $*" >> ${folder}/calls\n${body}\n`);
  chmodSync(file, 0o755);
}

/** Runs the program of the unit as systemd would, on a node whose cards have this mode after they were asked for MIG. */
function cut(modes: readonly string[], cutting = "exit 0") {
  standIn(
    "nvidia-smi",
    `case "$*" in
  *mig.mode.current*) printf '%s\\n' ${modes.join(" ")} ;;
  "mig -dci" | "mig -dgi") echo "Not Found"; exit 6 ;;
  "mig -cgi"*) ${cutting} ;;
esac`,
  );
  standIn("systemctl", "");
  standIn("sleep", "exit 143");
  writeFileSync(join(folder, "calls"), "");
  const { status } = spawnSync("bash", ["-c", written("/usr/local/sbin/cut-gpus")], {
    env: { PATH: `${folder}/bin:${process.env.PATH}`, STATE_DIRECTORY: folder },
    encoding: "utf8",
  });
  return { status, calls: readFileSync(join(folder, "calls"), "utf8").trim().split("\n") };
}

describe("a node whose GPUs are to be cut", () => {
  test("cuts every card into as many slices as it has, and leaves a compute instance in each", () => {
    const { calls, status } = cut(["Enabled", "Enabled"]);
    expect(status).toBe(0);
    expect(calls[0]).toBe("nvidia-smi -mig 1");
    expect(calls).toContain("nvidia-smi mig -cgi 3g.20gb,3g.20gb -C");
    expect(calls.join()).not.toContain("reboot");
  });

  test("reboots once where the driver can't switch the mode of a running card, and gives up after that", () => {
    const first = cut(["Enabled", "Disabled"]);
    expect(first.calls).toContain("systemctl reboot");
    expect(first.calls.join()).not.toContain("-cgi");
    const second = cut(["Enabled", "Disabled"]);
    expect(second.status).toBe(1);
    expect(second.calls.join()).not.toContain("reboot");
  });

  test("may reboot anew after a start that went well", () => {
    cut(["Disabled"]);
    expect(existsSync(join(folder, "rebooted"))).toBe(true);
    expect(cut(["Enabled"]).status).toBe(0);
    expect(existsSync(join(folder, "rebooted"))).toBe(false);
  });

  test("fails with the driver's own code where the cards can't be cut, or there is no driver", () => {
    expect(cut(["Enabled"], "exit 19").status).toBe(19);
    expect(cut(["Enabled"], "exit 0").status).toBe(0);
    expect(cut(["'[N/A]'"]).calls.join()).not.toContain("-cgi");
  });

  test("does so at every start before kubelet, and does not join otherwise", () => {
    const unit = written("/etc/systemd/system/cut-gpus.service");
    expect(unit).toContain("Before=nodeadm-run.service kubelet.service\n");
    expect(unit).toContain("RequiredBy=nodeadm-run.service\n");
    expect(unit).toContain("WantedBy=multi-user.target\n");
    expect(script).toContain("\nsystemctl enable --now cut-gpus.service\n");
    expect(spawnSync("bash", ["-n", "-c", script]).status).toBe(0);
  });
});
