// Package kube gathers the programs of Kubernetes, etcd and KWOK that a node starts as subcommands of one binary:
// they share most of their code, so one binary builds faster and is smaller than seven. kubectl comes along for
// machines that have none.
package kube

import (
	"context"
	_ "time/tzdata" // time zones of CronJobs, also on a machine without tzdata

	"github.com/spf13/cobra"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

// Commands maps the name of a program to its constructor. Only the chosen one may be constructed:
// several install the signal handler of the process, which panics when it is installed twice.
var Commands = map[string]func() *cobra.Command{
	"etcd":                    newEtcd,
	"kube-apiserver":          apiserver.NewAPIServerCommand,
	"kube-controller-manager": controllermanager.NewControllerManagerCommand,
	"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
	"kube-proxy":              proxy.NewProxyCommand,
	"kubelet":                 func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) },
	"kwok":                    newKwok,
	"kubectl":                 kubectl.NewDefaultKubectlCommand,
}
