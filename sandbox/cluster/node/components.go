package node

import (
	"context"
	"path/filepath"
	"strconv"

	"ai-platform/sandbox/cluster/config"
	"ai-platform/sandbox/cluster/netpol"
	"ai-platform/sandbox/cluster/volumes"
)

// The names of the components and steps, which the status file and the log files use.
const (
	containerd        = "containerd"
	etcd              = "etcd"
	apiserver         = "kube-apiserver"
	controllerManager = "kube-controller-manager"
	scheduler         = "kube-scheduler"
	kubelet           = "kubelet"
	proxy             = "kube-proxy"
	coredns           = "coredns"
	kwok              = "kwok"
	provisioner       = volumes.CommandName
	policies          = netpol.CommandName

	pauseStep    = "pause image"
	objectsStep  = "cluster objects"
	nodeStep     = "node"
	accountStep  = "default service account"
	dnsStep      = "cluster DNS"
	self         = config.Programs + "/ai-platform-node"
	searchedPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
)

// stopOrder is how components end: first what starts pods, then (before the second group) the pods, and the stores last.
var stopOrder = [][]string{
	{kwok, provisioner, controllerManager, scheduler, kubelet},
	{proxy, policies, coredns, apiserver},
	{etcd},
	{containerd},
}

// runProgram runs a program to its end.
type runProgram func(ctx context.Context, argv []string) error

func units(c config.Config, run runProgram) []unit {
	all := controlPlane(c)
	if c.Simulated == nil {
		all = append(all, realNode(c, run)...)
	}
	for i := range all {
		all[i].env = environment(all[i].name)
	}
	return all
}

// controlPlane is the cluster without the node: enough for simulated nodes.
func controlPlane(c config.Config) []unit {
	return []unit{
		{name: etcd, argv: program(etcd, "--config-file="+config.Files+"/etcd.yaml"), ready: etcdProbe()},
		{name: apiserver, after: []string{etcd}, argv: apiserverArguments(c), ready: apiserverProbe()},
		{name: controllerManager, after: []string{apiserver}, argv: controllerManagerArguments(),
			ready: healthy("https://127.0.0.1:10257/healthz")},
		{name: scheduler, after: []string{apiserver}, argv: schedulerArguments(),
			ready: healthy("https://127.0.0.1:10259/healthz")},
		{name: objectsStep, after: []string{apiserver}, ready: applyObjects(c)},
		{name: kwok, after: []string{objectsStep}, argv: kwokArguments(), ready: healthy("http://127.0.0.1:10247/healthz")},
		{name: accountStep, after: []string{controllerManager}, ready: defaultAccountThere},
	}
}

// realNode is what runs containers.
func realNode(c config.Config, run runProgram) []unit {
	return []unit{
		{name: containerd, argv: []string{c.Containerd, "--config", config.Files + "/containerd.toml"}, ready: runtimeAnswers},
		{name: pauseStep, after: []string{containerd}, ready: importPause(c, run)},
		{name: kubelet, after: []string{apiserver, pauseStep}, argv: kubeletArguments(),
			ready: healthy("http://127.0.0.1:10248/healthz")},
		{name: proxy, after: []string{apiserver}, argv: program(proxy, "--config="+config.Files+"/kube-proxy.yaml"),
			ready: healthy("http://127.0.0.1:10256/livez")},
		{name: coredns, after: []string{objectsStep},
			argv:  []string{config.Programs + "/coredns", "-conf", config.Files + "/Corefile"},
			ready: healthy("http://127.0.0.1:9181/ready")},
		{name: provisioner, after: []string{objectsStep}, argv: program(provisioner, "--kubeconfig="+kubeconfig(provisioner))},
		{name: policies, after: []string{objectsStep}, argv: program(policies, "--kubeconfig="+kubeconfig(policies))},
		{name: nodeStep, after: []string{kubelet}, ready: nodeReady},
		{name: dnsStep, after: []string{coredns, proxy}, ready: dnsAnswers},
	}
}

func program(name string, arguments ...string) []string {
	return append([]string{self, name}, arguments...)
}

func kubeconfig(name string) string { return filepath.Join(config.Files, name+".kubeconfig") }

func pki(name string) string { return filepath.Join(config.PKI, name) }

func apiserverArguments(c config.Config) []string {
	tokens := []string{}
	if c.Simulated != nil {
		tokens = []string{
			"--authentication-token-webhook-config-file=" + config.Files + "/authenticator.kubeconfig",
			"--authentication-token-webhook-version=v1",
			"--authentication-token-webhook-cache-ttl=10s",
			// As at EKS, where agents of nodes are privileged. Here nothing runs.
			"--allow-privileged=true",
		}
	}
	return program(apiserver, append(tokens,
		"--advertise-address="+config.NodeAddress,
		"--secure-port="+strconv.Itoa(config.APIPort),
		"--tls-cert-file="+pki("kube-apiserver.crt"),
		"--tls-private-key-file="+pki("kube-apiserver.key"),
		"--client-ca-file="+pki("ca.crt"),
		"--anonymous-auth=false",
		"--authorization-mode=Node,RBAC",
		"--enable-admission-plugins=NodeRestriction",
		"--etcd-servers=https://127.0.0.1:2379",
		"--etcd-cafile="+pki("etcd-ca.crt"),
		"--etcd-certfile="+pki("apiserver-etcd-client.crt"),
		"--etcd-keyfile="+pki("apiserver-etcd-client.key"),
		"--encryption-provider-config="+config.Files+"/encryption.yaml",
		"--kubelet-certificate-authority="+pki("ca.crt"),
		"--kubelet-client-certificate="+pki("apiserver-kubelet-client.crt"),
		"--kubelet-client-key="+pki("apiserver-kubelet-client.key"),
		"--kubelet-preferred-address-types=InternalIP",
		"--requestheader-client-ca-file="+pki("front-proxy-ca.crt"),
		"--requestheader-allowed-names=front-proxy-client",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--requestheader-group-headers=X-Remote-Group",
		"--requestheader-username-headers=X-Remote-User",
		"--proxy-client-cert-file="+pki("front-proxy-client.crt"),
		"--proxy-client-key-file="+pki("front-proxy-client.key"),
		"--service-account-issuer=https://kubernetes.default.svc."+config.ClusterDomain,
		"--service-account-key-file="+pki("service-accounts.pub"),
		"--service-account-signing-key-file="+pki("service-accounts.key"),
		"--service-cluster-ip-range="+config.ServiceNetwork,
		"--profiling=false",
	)...)
}

func controllerManagerArguments() []string {
	return program(controllerManager, append(delegated(controllerManager),
		"--use-service-account-credentials",
		"--service-account-private-key-file="+pki("service-accounts.key"),
		"--root-ca-file="+pki("ca.crt"),
		"--cluster-signing-cert-file="+pki("ca.crt"),
		"--cluster-signing-key-file="+pki("ca.key"),
		"--service-cluster-ip-range="+config.ServiceNetwork,
		// The default of 20 requests a second is meant to spare a shared API server. Here it costs 5 s of the first start.
		"--kube-api-qps=200",
		"--kube-api-burst=400",
		"--profiling=false",
	)...)
}

func schedulerArguments() []string {
	return program(scheduler, append(delegated(scheduler), "--profiling=false")...)
}

// delegated are the flags that the controller manager and the scheduler share.
func delegated(name string) []string {
	file := kubeconfig(name)
	return []string{
		"--kubeconfig=" + file,
		"--authentication-kubeconfig=" + file,
		"--authorization-kubeconfig=" + file,
		"--bind-address=127.0.0.1",
		// There is no second one to elect: without the lease, a restart need not wait for its end.
		"--leader-elect=false",
	}
}

func kubeletArguments() []string {
	return program(kubelet,
		"--config="+config.Files+"/kubelet.yaml",
		"--kubeconfig="+kubeconfig(kubelet),
		"--hostname-override="+config.NodeName,
		"--node-ip="+config.NodeAddress,
	)
}

func kwokArguments() []string {
	return program(kwok,
		"--config="+config.Files+"/kwok.yaml",
		"--kubeconfig="+kubeconfig(kwok),
		// Only nodes that say that they are simulated: the real one is kubelet's.
		"--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
		"--manage-all-nodes=false",
		"--cidr="+config.SimulatedNetwork,
		"--node-ip="+config.NodeAddress,
		"--node-lease-duration-seconds=40",
		"--server-address=127.0.0.1:10247",
	)
}

// environment is all that components get: nothing of the host's, such as proxies or credentials.
func environment(name string) []string {
	env := []string{searchedPath, "HOME=" + config.Root + "/tmp", "TMPDIR=/tmp", "LANG=C.UTF-8"}
	// Collecting more often costs little here: the heaps are small and the machine is someone's own.
	switch name {
	case containerd:
	default:
		env = append(env, "GOGC=60")
	}
	return env
}
