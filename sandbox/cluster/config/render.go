package config

import (
	"bytes"
	"embed"
	"maps"
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
	StaticPods, LibraryAddress                                       string
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

// libraryPod is rendered only where there is an image for it.
const libraryPod = "ollama-library.yaml"

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
		StaticPods: StaticPods, LibraryAddress: LibraryAddress,
	}
	// What an earlier start put there may be no more.
	if err := os.RemoveAll(filepath.Join(host.Files(), "pods")); err != nil {
		return err
	}
	for _, folder := range []string{"cni", "pods"} {
		if err := os.MkdirAll(filepath.Join(host.Files(), folder), 0o700); err != nil {
			return err
		}
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
		all := maps.Clone(rendered)
		if c.Library != "" {
			all[libraryPod] = "pods/" + libraryPod
		}
		return all
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
