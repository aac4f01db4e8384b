// Package config holds what a node is configured with and renders the configuration of every component from it.
package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Config is what the caller decides. It is read from a JSON file.
type Config struct {
	// StateDir holds everything that survives a restart. It also tells nodes on one machine apart.
	StateDir string `json:"stateDir"`
	// APIPort is the port of the API server on the host's 127.0.0.1.
	APIPort int `json:"apiPort"`
	// Forwards lead from the host's 127.0.0.1 to NodePorts.
	Forwards []Forward `json:"forwards"`
	// CoreDNS and Pause are the executables of those programs, Containerd that of Debian's package.
	CoreDNS    string `json:"coredns"`
	Pause      string `json:"pause"`
	Containerd string `json:"containerd"`
	// CNIPlugins is the folder of the plugins bridge, host-local, portmap and loopback.
	CNIPlugins string `json:"cniPlugins"`
	// Snapshotter is containerd's: "overlayfs", or "native" where overlayfs does not work (copies every layer).
	Snapshotter string `json:"snapshotter"`
	// Library is the image with what stands in for Ollama's library of models; empty where there is none.
	Library string `json:"library"`
	// Simulated is set for a cluster whose nodes are all simulated: a control plane that runs no container.
	Simulated *Simulated `json:"simulated"`
}

// Simulated is what a control plane without a node needs besides.
type Simulated struct {
	// AuthenticatorPort is the port of the host's 127.0.0.1 where TokenReviews are answered, AuthenticatorPath the path.
	AuthenticatorPort int    `json:"authenticatorPort"`
	AuthenticatorPath string `json:"authenticatorPath"`
}

// Forward leads from a port of the host's 127.0.0.1 to a NodePort of the cluster.
type Forward struct {
	HostPort int `json:"hostPort"`
	NodePort int `json:"nodePort"`
}

// Read reads and checks a configuration.
func Read(path string) (Config, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return Config{}, err
	}
	var c Config
	decoder := json.NewDecoder(strings.NewReader(string(content)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&c); err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	return c, c.check()
}

func (c Config) check() error {
	var problems []error
	if !filepath.IsAbs(c.StateDir) {
		problems = append(problems, fmt.Errorf("stateDir %q is not an absolute path", c.StateDir))
	}
	if c.Simulated != nil {
		return errors.Join(problems...)
	}
	for name, file := range map[string]string{
		"coredns": c.CoreDNS, "pause": c.Pause, "containerd": c.Containerd, "cniPlugins": c.CNIPlugins,
	} {
		if _, err := os.Stat(file); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", name, err))
		}
	}
	if c.Snapshotter != "overlayfs" && c.Snapshotter != "native" {
		problems = append(problems, fmt.Errorf("snapshotter %q is neither overlayfs nor native", c.Snapshotter))
	}
	return errors.Join(problems...)
}

// The cluster's addresses. They exist only in the node's network namespace, so that they can be the same for
// every node of a machine and cannot collide with a network of the host.
const (
	NodeName       = "ai-platform-local"
	NodeAddress    = "172.30.0.1"
	NodeNetwork    = "172.30.0.1/24"
	PodNetwork     = "10.244.0.0/16"
	ServiceNetwork = "10.96.0.0/16"
	APIServiceIP   = "10.96.0.1"
	DNSServiceIP   = "10.96.0.10"
	// SimulatedNetwork is where KWOK takes the addresses of simulated pods from: outside of the pods' own.
	SimulatedNetwork = "10.200.0.1/16"
	// LibraryAddress is where the stand-in for Ollama's library listens: of a range that is nobody's (RFC 5737), so that pods
	// reach it as they would reach the internet.
	LibraryAddress = "198.51.100.10"
	APIPort        = 6443
	// AuthenticatorPort leads from inside to where the host answers TokenReviews.
	AuthenticatorPort = 6444
	ClusterDomain     = "cluster.local"
	ContextName       = "ai-platform-local"
	PauseImage        = "registry.k8s.io/pause:3.10"
	VolumeProvisioner = "ai-platform.local/volumes"
)

// Paths as the node's processes see them: the node mounts its own folder at Root, wherever the host has it.
const (
	Root             = "/run/ai-platform"
	Programs         = "/run/ai-platform-programs"
	Plugins          = "/run/cni-plugins"
	ContainerdSocket = "/run/containerd/containerd.sock"
	VolumesDir       = "/var/lib/volumes"
	PKI              = Root + "/pki"
	Files            = Root + "/config"
	// StaticPods is where kubelet finds pods that are the node's own.
	StaticPods = Files + "/pods"
)

// Host is the layout of the state folder on the host. Node becomes Root inside.
type Host struct{ StateDir string }

func (h Host) Node() string            { return filepath.Join(h.StateDir, "node") }
func (h Host) PKI() string             { return filepath.Join(h.Node(), "pki") }
func (h Host) Files() string           { return filepath.Join(h.Node(), "config") }
func (h Host) AdminKubeconfig() string { return filepath.Join(h.StateDir, "kubeconfig") }
func (h Host) Lock() string            { return filepath.Join(h.Node(), "lock") }
func (h Host) Processes() string       { return filepath.Join(h.Node(), "processes.json") }
func (h Host) Status() string          { return filepath.Join(h.Node(), "status.json") }
