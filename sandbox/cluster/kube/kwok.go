package kube

import (
	_ "embed"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"sigs.k8s.io/kwok/pkg/config"
	kwok "sigs.k8s.io/kwok/pkg/kwok/cmd"
	"sigs.k8s.io/kwok/pkg/log"
	"sigs.k8s.io/kwok/pkg/utils/signals"

	nodes "sigs.k8s.io/kwok/kustomize/stage/node/fast"
	leases "sigs.k8s.io/kwok/kustomize/stage/node/heartbeat-with-lease"
	pods "sigs.k8s.io/kwok/kustomize/stage/pod/fast"
)

// newKwok builds KWOK's command as KWOK's own main does: its configuration is parsed before its flags.
func newKwok() *cobra.Command {
	flags := pflag.NewFlagSet("global", pflag.ContinueOnError)
	flags.ParseErrorsAllowlist.UnknownFlags = true
	flags.Usage = func() {}

	ctx, _ := log.InitFlags(signals.SetupSignalContext(), flags)
	ctx, err := config.InitFlags(ctx, flags)
	if err != nil {
		fmt.Fprintln(os.Stderr, "kwok:", err)
		os.Exit(1)
	}
	command := kwok.NewCommand(ctx)
	command.SetContext(ctx)
	// Its --version would collide with that of Kubernetes's components, which is registered for the whole process.
	command.Version = ""
	command.PersistentFlags().AddFlagSet(flags)
	return command
}

//go:embed ingress-published.yaml
var ingressPublished string

// SimulatedStages are those of a control plane whose pods are all simulated: nobody else answers for its Ingresses.
func SimulatedStages() string {
	return KwokStages() + "\n---\n" + ingressPublished
}

// KwokStages are the stages of KWOK's "fast" set: nodes become Ready at once, pods Running at once, Jobs complete.
func KwokStages() string {
	return strings.Join([]string{
		nodes.DefaultNodeInit,
		leases.DefaultNodeHeartbeatWithLease,
		pods.DefaultPodReady,
		pods.DefaultPodComplete,
		pods.DefaultPodDelete,
	}, "\n---\n")
}
