package config

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"
)

func sample(t *testing.T) Config {
	t.Helper()
	return Config{
		StateDir: t.TempDir(), APIPort: 16443, Forwards: []Forward{{18080, 30080}}, CoreDNS: "/bin/sh", Pause: "/bin/sh",
		Containerd: "/bin/sh", CNIPlugins: "/usr", Snapshotter: "native",
	}
}

func renderAll(t *testing.T, c Config) map[string]string {
	t.Helper()
	if err := EnsureIdentities(c, time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := Render(c, Machine{CgroupRoot: "/group", RestrictOOMScore: true}, "stages"); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for name, file := range rendered {
		content, err := os.ReadFile(filepath.Join(Host{c.StateDir}.Files(), file))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(content)
	}
	return files
}

func TestRenderedFilesAreWellFormedAndSayWhatWasDecided(t *testing.T) {
	c := sample(t)
	files := renderAll(t, c)
	for name, content := range files {
		if strings.Contains(content, "<no value>") || strings.Contains(content, c.StateDir) {
			t.Errorf("%s names a path of the host or lacks a value:\n%s", name, content)
		}
		var parsed map[string]any
		if strings.HasSuffix(name, ".yaml") {
			if err := yaml.UnmarshalStrict([]byte(content), &parsed); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if err := json.Unmarshal([]byte(files["cni.conflist"]), &map[string]any{}); err != nil {
		t.Error(err)
	}
	for name, want := range map[string]string{
		"kubelet.yaml":    "cgroupRoot: /group",
		"containerd.toml": "restrict_oom_score_adj = true",
		"Corefile":        "kubernetes " + ClusterDomain,
		"resolv.conf":     DNSServiceIP,
	} {
		if !strings.Contains(files[name], want) {
			t.Errorf("%s lacks %q", name, want)
		}
	}
	if !strings.Contains(files["containerd.toml"], `snapshotter = "native"`) {
		t.Error("the snapshotter is not the chosen one")
	}
}

func TestTheLibraryIsThereOnlyWithAnImage(t *testing.T) {
	c := sample(t)
	pod := filepath.Join(Host{c.StateDir}.Files(), "pods", libraryPod)
	for _, image := range []string{"", "ollama/ollama@sha256:0", ""} {
		c.Library = image
		files := renderAll(t, c)
		if named := strings.Contains(files["Corefile"], "IN A "+LibraryAddress); named != (image != "") {
			t.Errorf("with the image %q its name resolves: %v", image, named)
		}
		content, err := os.ReadFile(pod)
		if there := err == nil; there != (image != "") {
			t.Errorf("with the image %q there is a pod: %v", image, there)
		}
		var parsed map[string]any
		if err := yaml.UnmarshalStrict(content, &parsed); err != nil {
			t.Error(err)
		}
		if !strings.Contains(string(content), image) {
			t.Error("the pod has another image")
		}
	}
	if !strings.Contains(renderAll(t, c)["kubelet.yaml"], "staticPodPath: "+StaticPods) {
		t.Error("kubelet does not look for it")
	}
}

func TestSecretsStayReadableOverRestarts(t *testing.T) {
	c := sample(t)
	first := renderAll(t, c)["encryption.yaml"]
	if second := renderAll(t, c)["encryption.yaml"]; first != second {
		t.Error("the key that encrypts secrets changed: those in etcd would be lost")
	}
}

func TestKubeconfigIsForTheOwnerAndHasOneContext(t *testing.T) {
	c := sample(t)
	renderAll(t, c)
	path := Host{c.StateDir}.AdminKubeconfig()
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	config, err := clientcmd.LoadFromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(config.Contexts) != 1 || config.CurrentContext != "ai-platform-local" {
		t.Errorf("contexts %v, current %q", config.Contexts, config.CurrentContext)
	}
	if server := config.Clusters[ContextName].Server; server != "https://127.0.0.1:16443" {
		t.Error(server)
	}
}

func TestReadRefusesWhatCannotWork(t *testing.T) {
	good := sample(t)
	for name, change := range map[string]func(*Config){
		"relative state folder": func(c *Config) { c.StateDir = "state" },
		"missing program":       func(c *Config) { c.CoreDNS = "/no/such/program" },
		"unknown snapshotter":   func(c *Config) { c.Snapshotter = "zfs" },
	} {
		c := good
		change(&c)
		content, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "config.json")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(path); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	path := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(path, []byte(`{"stateDirectory": "/x"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err == nil || !strings.Contains(err.Error(), "stateDirectory") {
		t.Errorf("unknown key: %v", err)
	}
}
