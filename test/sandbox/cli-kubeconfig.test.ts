import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { deriveKubeconfig, findContext } from "../../sandbox/cli/kubeconfig.ts";
import { UserError } from "../../sandbox/lib/fail.ts";

const first = {
  path: "/home/u/.kube/config",
  text: `
apiVersion: v1
kind: Config
current-context: kind-dev
clusters:
- name: kind-dev
  cluster: {server: "https://127.0.0.1:40001", certificate-authority: certs/ca.pem, proxy-url: "http://proxy:1"}
- name: broken
  cluster: {}
users:
- name: kind-dev
  user: {client-certificate: /abs/client.pem, client-key: certs/client.key}
- name: aws
  user:
    exec: {apiVersion: client.authentication.k8s.io/v1, command: ./bin/login, args: [eks], env: [{name: A, value: b}]}
contexts:
- name: kind-dev
  context: {cluster: kind-dev, user: kind-dev, namespace: team}
- name: aws
  context: {cluster: kind-dev, user: aws}
- name: lost
  context: {cluster: gone, user: kind-dev}
`,
};
const second = {
  path: "/etc/kube/other",
  text: `
clusters: [{name: kind-dev, cluster: {server: "https://shadowed"}}]
contexts: [{name: kind-dev, context: {cluster: kind-dev, user: nobody}}]
users: null
`,
};

describe("a kubeconfig of one context", () => {
  test("has one context of the name that the stack local talks to, with absolute paths", () => {
    expect(parse(deriveKubeconfig([first, second], "kind-dev"))).toEqual({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "ai-platform-local",
      clusters: [
        {
          name: "ai-platform-local",
          cluster: {
            server: "https://127.0.0.1:40001",
            "certificate-authority": "/home/u/.kube/certs/ca.pem",
            "proxy-url": "http://proxy:1",
          },
        },
      ],
      users: [
        {
          name: "ai-platform-local",
          user: { "client-certificate": "/abs/client.pem", "client-key": "/home/u/.kube/certs/client.key" },
        },
      ],
      contexts: [
        {
          name: "ai-platform-local",
          context: { cluster: "ai-platform-local", user: "ai-platform-local", namespace: "team" },
        },
      ],
    });
  });

  test("keeps login commands, found from the file's folder", () => {
    expect(findContext([first], "aws").user.exec?.command).toBe("/home/u/.kube/bin/login");
  });

  test.each([
    ["kind-dve", /There is no context kind-dve in .*\. Did you mean kind-dev\?/],
    ["lost", /names the cluster gone, which .* does not describe/],
  ])("%s is refused", (name, message) => {
    expect(() => deriveKubeconfig([first], name)).toThrow(message);
    expect(() => deriveKubeconfig([first], name)).toThrow(UserError);
  });

  test.each([
    ["a: [", /not valid YAML/],
    ["clusters: 3", /is not a kubeconfig/],
    ["", /no context kind-dev/],
  ])("%j is not taken for a kubeconfig", (text, message) => {
    expect(() => deriveKubeconfig([{ path: "/x", text }], "kind-dev")).toThrow(message);
  });
});
