import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

export interface IsolatedNamespaceArgs {
  /** Name in the cluster. Changing it replaces the namespace and everything in it. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /**
   * Pod Security Standard that is enforced. Default `restricted`; `privileged` is for what must reach into its node, and
   * for nothing else.
   */
  readonly podSecurity?: "restricted" | "privileged";
}

/**
 * A namespace in which nothing is allowed until someone says so: the `restricted` Pod Security Standard is enforced
 * unless another is named, and pods may talk to nobody but DNS.
 */
export class IsolatedNamespace extends pulumi.ComponentResource {
  readonly name: pulumi.Output<string>;

  constructor(name: string, args: IsolatedNamespaceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:kubernetes:IsolatedNamespace", name, {}, opts);
    const child = { parent: this };

    const namespace = new k8s.core.v1.Namespace(
      name,
      {
        metadata: {
          name: args.name,
          labels: { ...args.labels, ...podSecurity(args), ...nameLabel(args.name) },
        },
      },
      child,
    );
    new k8s.networking.v1.NetworkPolicy(
      `${name}-default`,
      {
        metadata: {
          name: "default",
          namespace: namespace.metadata.name,
          labels: { ...args.labels, ...nameLabel("default") },
        },
        spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"], egress: [dns] },
      },
      child,
    );

    this.name = namespace.metadata.name;
    this.registerOutputs({ name: this.name });
  }
}

const nameLabel = (name: string) => ({ "app.kubernetes.io/name": name });

const podSecurity = ({ podSecurity = "restricted" }: IsolatedNamespaceArgs) => ({
  "pod-security.kubernetes.io/enforce": podSecurity,
  "pod-security.kubernetes.io/warn": podSecurity,
});

/** Port 53 anywhere: clusters differ in where their resolver lives, and NodeLocal DNS is no pod at all. */
const dns = {
  ports: [
    { protocol: "UDP", port: 53 },
    { protocol: "TCP", port: 53 },
  ],
};
