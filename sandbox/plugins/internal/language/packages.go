package language

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// GetRequiredPackages lists the providers whose SDKs are installed beside the program: each SDK's package.json names
// the plugin and the version it was generated from.
func (h *languageHost) GetRequiredPackages(_ context.Context, req *pulumirpc.GetRequiredPackagesRequest) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{Packages: requiredPackages(req.GetInfo().GetProgramDirectory())}, nil
}

// GetRequiredPlugins answers engines that know no packages yet.
func (h *languageHost) GetRequiredPlugins(_ context.Context, req *pulumirpc.GetRequiredPluginsRequest) (*pulumirpc.GetRequiredPluginsResponse, error) {
	var plugins []*pulumirpc.PluginDependency
	for _, p := range requiredPackages(req.GetInfo().GetProgramDirectory()) {
		plugins = append(plugins, &pulumirpc.PluginDependency{Name: p.Name, Kind: p.Kind, Version: p.Version, Server: p.Server})
	}
	return &pulumirpc.GetRequiredPluginsResponse{Plugins: plugins}, nil
}

// requiredPackages looks at packages that call themselves Pulumi's or belong to a scope of their own; reading the
// package.json of every installed package would cost more than the language host's whole start.
func requiredPackages(dir string) []*pulumirpc.PackageDependency {
	var found []*pulumirpc.PackageDependency
	seen := map[string]bool{}
	for folder := dir; ; folder = filepath.Dir(folder) {
		for _, pattern := range []string{"@*/*", "pulumi*"} {
			files, _ := filepath.Glob(filepath.Join(folder, "node_modules", filepath.FromSlash(pattern), "package.json"))
			for _, file := range files {
				if p := providerOf(file); p != nil && !seen[p.Name] {
					seen[p.Name] = true
					found = append(found, p)
				}
			}
		}
		if folder == filepath.Dir(folder) {
			return found
		}
	}
}

func providerOf(file string) *pulumirpc.PackageDependency {
	content, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(content), `"pulumi"`) {
		return nil
	}
	m, err := readManifest(file)
	if err != nil || m.Pulumi == nil || !m.Pulumi.Resource {
		return nil
	}
	name, version := m.Pulumi.Name, m.Pulumi.Version
	if name == "" {
		name = m.Name[strings.LastIndex(m.Name, "/")+1:]
	}
	if version == "" {
		version = m.Version
	}
	return &pulumirpc.PackageDependency{Name: name, Kind: "resource", Version: version, Server: m.Pulumi.Server}
}
