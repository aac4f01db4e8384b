package netpol

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"

	"ai-platform/sandbox/cluster/config"
)

// CommandName is the subcommand that enforces NetworkPolicies.
const CommandName = "network-policies"

const (
	// settle gathers changes that come together, such as a rollout's, into one update of the rules.
	settle = 50 * time.Millisecond
	// retryAfter is for a packet filter that was locked by another program for too long.
	retryAfter = time.Second
)

type servedPort struct {
	protocol string
	number   int
}

var dnsPorts = []servedPort{{"udp", 53}, {"tcp", 53}}

// dnsEndpoint stands for CoreDNS, under the labels that its pods have in other clusters: policies that allow DNS to
// them mean the node's here.
var dnsEndpoint = endpoint{
	namespace: "kube-system", name: "coredns", address: config.NodeAddress, virtual: true,
	labels: labels.Set{"k8s-app": "kube-dns"},
	ports: []corev1.ContainerPort{
		{Name: "dns", ContainerPort: 53, Protocol: corev1.ProtocolUDP},
		{Name: "dns-tcp", ContainerPort: 53, Protocol: corev1.ProtocolTCP},
	},
}

// NewCommand watches pods, namespaces and policies, and keeps the rules of the packet filter as they want it.
func NewCommand() *cobra.Command {
	var kubeconfig string
	command := &cobra.Command{
		Use:          CommandName,
		Args:         cobra.NoArgs,
		SilenceUsage: true,
		RunE: func(*cobra.Command, []string) error {
			access, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
			if err != nil {
				return err
			}
			client, err := kubernetes.NewForConfig(access)
			if err != nil {
				return err
			}
			ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
			defer cancel()
			return enforce(ctx, client)
		},
	}
	command.Flags().StringVar(&kubeconfig, "kubeconfig", "", "access to the API server")
	return command
}

func enforce(ctx context.Context, client kubernetes.Interface) error {
	factory := informers.NewSharedInformerFactory(client, 0)
	changed := make(chan struct{}, 1)
	notify := func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	for _, informer := range []cache.SharedIndexInformer{
		factory.Core().V1().Pods().Informer(),
		factory.Core().V1().Namespaces().Informer(),
		factory.Networking().V1().NetworkPolicies().Informer(),
	} {
		_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc:    func(any) { notify() },
			UpdateFunc: func(any, any) { notify() },
			DeleteFunc: func(any) { notify() },
		})
		if err != nil {
			return err
		}
	}
	factory.Start(ctx.Done())
	for kind, synced := range factory.WaitForCacheSync(ctx.Done()) {
		if !synced {
			return fmt.Errorf("no list of %v", kind)
		}
	}
	requests := make(chan request)
	served, err := serve(requests)
	if err != nil {
		return err
	}
	defer served.Close()
	return reconcile(ctx, factory, changed, requests)
}

// request is a pod that waits for its rules.
type request struct {
	assignment
	done chan<- struct{}
}

// serve takes the calls of the CNI plugin.
func serve(requests chan<- request) (*http.Server, error) {
	if err := os.Remove(socket); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		done := make(chan struct{})
		asked := request{done: done}
		if err := json.NewDecoder(r.Body).Decode(&asked.assignment); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		requests <- asked
		select {
		case <-done:
			w.WriteHeader(http.StatusNoContent)
		case <-r.Context().Done():
		}
	})}
	go func() { _ = server.Serve(listener) }()
	return server, nil
}

// reconcile keeps the rules as the cluster wants them, and lets pods go once theirs are there.
func reconcile(ctx context.Context, factory informers.SharedInformerFactory, changed <-chan struct{}, requests <-chan request) error {
	filter := &packetFilter{run: runTool}
	assigned := map[string]string{}
	var waiting []request
	for {
		state, err := snapshot(factory)
		if err != nil {
			return err
		}
		state.Assigned = assigned
		retry := time.After(time.Hour)
		if err := filter.apply(compile(state)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			retry = time.After(retryAfter)
		} else {
			waiting = release(waiting, state)
			forget(assigned, waiting, state)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-retry:
		case <-changed:
			time.Sleep(settle)
		case asked := <-requests:
			assigned[asked.key()] = asked.Address
			waiting = append(waiting, asked)
		}
	}
}

// release lets those pods go that the watch has brought, as their rules are there now.
func release(waiting []request, state State) []request {
	return slices.DeleteFunc(waiting, func(r request) bool {
		known := slices.ContainsFunc(state.Pods, func(pod *corev1.Pod) bool {
			return pod.Namespace == r.Namespace && pod.Name == r.Name
		})
		if known {
			close(r.done)
		}
		return known
	})
}

// forget drops the addresses of pods that are gone.
func forget(assigned map[string]string, waiting []request, state State) {
	for key := range assigned {
		gone := !slices.ContainsFunc(state.Pods, func(pod *corev1.Pod) bool { return pod.Namespace+"/"+pod.Name == key })
		if gone && !slices.ContainsFunc(waiting, func(r request) bool { return r.key() == key }) {
			delete(assigned, key)
		}
	}
}

func snapshot(factory informers.SharedInformerFactory) (State, error) {
	pods, errPods := factory.Core().V1().Pods().Lister().List(labels.Everything())
	namespaces, errNamespaces := factory.Core().V1().Namespaces().Lister().List(labels.Everything())
	policies, errPolicies := factory.Networking().V1().NetworkPolicies().Lister().List(labels.Everything())
	return State{Pods: pods, Namespaces: namespaces, Policies: policies}, errors.Join(errPods, errNamespaces, errPolicies)
}
