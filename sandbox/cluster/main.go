// Command ai-platform-node is a Kubernetes node with its control plane in one program.
package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"

	"ai-platform/sandbox/cluster/kube"
	"ai-platform/sandbox/cluster/netpol"
	"ai-platform/sandbox/cluster/node"
	"ai-platform/sandbox/cluster/volumes"
)

const usage = `usage:
  ai-platform-node up CONFIG    run a node until SIGTERM
  ai-platform-node COMPONENT    run one component, as the node itself does`

func main() {
	if os.Getenv("CNI_COMMAND") != "" {
		if err := netpol.Plugin(os.Getenv, os.Stdin, os.Stdout); err != nil {
			fail(err.Error(), 1)
		}
		return
	}
	if len(os.Args) < 2 {
		fail(usage, 2)
	}
	switch name := os.Args[1]; name {
	case "up", "init":
		if len(os.Args) != 3 {
			fail(usage, 2)
		}
		if err := runNode(name, os.Args[2]); err != nil {
			fail(err.Error(), 1)
		}
	case volumes.CommandName:
		runComponent(volumes.NewCommand())
	case netpol.CommandName:
		runComponent(netpol.NewCommand())
	default:
		construct, known := kube.Commands[name]
		if !known {
			fail(usage, 2)
		}
		runComponent(construct())
	}
}

func runNode(part, configPath string) error {
	if part == "init" {
		return node.Init(configPath)
	}
	return node.Up(configPath, node.Stages{Real: kube.KwokStages(), Simulated: kube.SimulatedStages()})
}

func runComponent(command *cobra.Command) {
	os.Args = append([]string{command.Name()}, os.Args[2:]...)
	os.Exit(cli.Run(command))
}

func fail(message string, code int) {
	fmt.Fprintln(os.Stderr, message)
	os.Exit(code)
}
