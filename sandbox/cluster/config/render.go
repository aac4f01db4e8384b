package config

import (
	"bytes"
	"embed"
	"os"
	"path/filepath"
	"text/template"
)

//go:embed templates
var templates embed.FS

// Machine is what the host's kernel decides.
type Machine struct {
	// CgroupRoot is the cgroup, in every hierarchy, below which kubelet makes those of the pods.
	CgroupRoot string
	// RestrictOOMScore is set where CAP_SYS_RESOURCE is missing.
	RestrictOOMScore bool
}

type values struct {
	Config
	Machine
	NodeName, NodeAddress, PodNetwork, DNSServiceIP, ClusterDomain   string
	PauseImage, PKI, Files, Plugins, ContainerdSocket, EncryptionKey string
	AuthenticatorPort                                                int
}

// rendered maps templates to where they go below the folder of configuration files.
var rendered = map[string]string{
	"kubelet.yaml":     "kubelet.yaml",
	"kube-proxy.yaml":  "kube-proxy.yaml",
	"etcd.yaml":        "etcd.yaml",
	"containerd.toml":  "containerd.toml",
	"cni.conflist":     "cni/10-pods.conflist",
	"Corefile":         "Corefile",
	"encryption.yaml":  "encryption.yaml",
	"resolv.conf":      "resolv.conf",
	"node-resolv.conf": "node-resolv.conf",
}

// Render writes the configuration file of every component, and stages as KWOK's.
func Render(c Config, machine Machine, stages string) error {
	host := Host{c.StateDir}
	key, err := encryptionKey(host)
	if err != nil {
		return err
	}
	v := values{
		Config: c, Machine: machine, EncryptionKey: key,
		NodeName: NodeName, NodeAddress: NodeAddress, PodNetwork: PodNetwork, DNSServiceIP: DNSServiceIP,
		ClusterDomain: ClusterDomain, PauseImage: PauseImage, PKI: PKI, Files: Files, Plugins: Plugins,
		ContainerdSocket: ContainerdSocket, AuthenticatorPort: AuthenticatorPort,
	}
	if err := os.MkdirAll(filepath.Join(host.Files(), "cni"), 0o700); err != nil {
		return err
	}
	for name, file := range files(c) {
		content, err := render(name, v)
		if err != nil {
			return err
		}
		if err := writeFile(filepath.Join(host.Files(), file), content); err != nil {
			return err
		}
	}
	return writeFile(filepath.Join(host.Files(), "kwok.yaml"), []byte(stages))
}

// files are the configuration files that this node's components read.
func files(c Config) map[string]string {
	if c.Simulated == nil {
		return rendered
	}
	return map[string]string{
		"etcd.yaml": "etcd.yaml", "encryption.yaml": "encryption.yaml", "node-resolv.conf": "node-resolv.conf",
		"authenticator.kubeconfig": "authenticator.kubeconfig",
	}
}

func render(name string, v values) ([]byte, error) {
	parsed, err := template.New(name).Option("missingkey=error").ParseFS(templates, "templates/"+name)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = parsed.Execute(&out, v)
	return out.Bytes(), err
}
