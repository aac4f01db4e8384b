// Command pulumi-plugins is every Pulumi plugin of the sandbox in one binary, chosen by the name it is started under,
// as busybox does: the plugins share most of their code, so one file is a quarter of the size of four.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"ai-platform/sandbox/plugins/internal/aws"
	"ai-platform/sandbox/plugins/internal/dockerbuild"
	"ai-platform/sandbox/plugins/internal/host"
	"ai-platform/sandbox/plugins/internal/kube"
	"ai-platform/sandbox/plugins/internal/language"
	"ai-platform/sandbox/plugins/internal/random"
)

var plugins = map[string]host.Plugin{
	"pulumi-language-nodejs":       language.Plugin,
	"pulumi-resource-kubernetes":   kube.Plugin,
	"pulumi-resource-random":       random.Plugin,
	"pulumi-resource-aws":          aws.Plugin,
	"pulumi-resource-docker-build": dockerbuild.Plugin,
}

func main() {
	name, args := filepath.Base(os.Args[0]), os.Args[1:]
	if _, known := plugins[name]; !known && len(args) > 0 {
		name, args = args[0], args[1:]
	}
	plugin, known := plugins[name]
	if !known {
		names := make([]string, 0, len(plugins))
		for n := range plugins {
			names = append(names, n)
		}
		sort.Strings(names)
		fmt.Fprintf(os.Stderr, "%s is no plugin; start this program under one of the names %s\n", name, strings.Join(names, ", "))
		os.Exit(2)
	}
	if name == "pulumi-resource-aws" {
		if err := aws.Become(); err != nil {
			fmt.Fprintf(os.Stderr, "%s: the provider of the simulated AWS does not start: %v\n", name, err)
			os.Exit(1)
		}
	}
	if err := host.Serve(plugin, args); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}
