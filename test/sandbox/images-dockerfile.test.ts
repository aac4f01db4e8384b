import { describe, expect, test } from "vitest";
import { emptyConfig, parseDockerfile, runConfig } from "../../sandbox/images/dockerfile.ts";

const parse = (text: string) => parseDockerfile(text, "Dockerfile");
const steps = (text: string) => parse(`FROM debian\n${text}`)[0]?.instructions;

describe("a Dockerfile", () => {
  test("has stages, named or not, with their instructions", () => {
    const stages = parse(`ARG V=3.11\nFROM python:\${V} AS packages\nRUN a\n\nFROM debian\nUSER 1\n`);
    expect(stages).toEqual([
      { from: "python:3.11", name: "packages", instructions: [{ kind: "run", command: "a" }] },
      { from: "debian", instructions: [{ kind: "user", user: "1" }] },
    ]);
  });

  test("joins continued lines and leaves out comments, also between them", () => {
    expect(steps("# first\nRUN one \\\n  # why\n\n && two \\\n && three")).toEqual([
      { kind: "run", command: "one  && two  && three" },
    ]);
  });

  test("substitutes ARG and ENV, but leaves RUN to the shell", () => {
    expect(steps(`ARG P=/srv\nENV HOME=$P/h X='a b'\nWORKDIR \${HOME}\nRUN echo $HOME`)).toEqual([
      { kind: "env", values: { HOME: "/srv/h", X: "a b" } },
      { kind: "workdir", path: "/srv/h" },
      { kind: "run", command: "echo $HOME" },
    ]);
  });

  test("knows COPY with its flags", () => {
    expect(steps("COPY --from=packages --chmod=755 --chown=1:2 a b/ /c/")).toEqual([
      { kind: "copy", from: "packages", chmod: "755", chown: "1:2", sources: ["a", "b/"], target: "/c/" },
    ]);
  });

  test("knows both forms of a command", () => {
    expect(steps('ENTRYPOINT ["a", "b c"]\nCMD a "b c"')).toEqual([
      { kind: "entrypoint", argv: ["a", "b c"] },
      { kind: "cmd", argv: ["/bin/sh", "-c", 'a "b c"'] },
    ]);
  });

  test.each([
    ["HEALTHCHECK CMD true", "HEALTHCHECK is not supported"],
    ["ADD a b", "ADD is not supported"],
    ["RUN --mount=type=cache,target=/c x", "RUN takes a shell command"],
    ["COPY --link a b", "COPY --link is not supported"],
    ["COPY a", "COPY needs a source and a target"],
    ["ENV A", "A is not NAME=value"],
    ["CMD [1]", "the exec form is a JSON list of strings"],
  ])("is refused rather than half understood: %s", (line, message) => {
    expect(() => steps(`\n${line}`)).toThrow(`Dockerfile, line 3: ${message}`);
  });

  test("needs a FROM first", () => {
    expect(() => parse("USER 1")).toThrow("the first instruction is FROM");
    expect(() => parse("# nothing\n")).toThrow("has no FROM line");
  });
});

describe("the config of an image", () => {
  const base = { ...emptyConfig, Env: { PATH: "/bin" }, Cmd: ["bash"] };
  const config = (text: string) => runConfig(base, steps(text) ?? []);

  test("adds to its base's", () => {
    expect(config("ENV A=1 PATH=/x\nWORKDIR app\nWORKDIR src\nUSER 5\nEXPOSE 80 53/udp\nLABEL l=v")).toEqual({
      ...base,
      Env: { A: "1", PATH: "/x" },
      WorkingDir: "/app/src",
      User: "5",
      ExposedPorts: ["80/tcp", "53/udp"],
      Labels: { l: "v" },
    });
  });

  test("drops the base's CMD with an ENTRYPOINT of its own, as Docker does", () => {
    expect(config('ENTRYPOINT ["e"]')).toMatchObject({ Entrypoint: ["e"], Cmd: [] });
    expect(config('CMD ["c"]\nENTRYPOINT ["e"]')).toMatchObject({ Entrypoint: ["e"], Cmd: ["c"] });
    expect(config("USER 1")).toMatchObject({ Cmd: ["bash"] });
  });
});
