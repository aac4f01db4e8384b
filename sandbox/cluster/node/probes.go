package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	corev1 "k8s.io/api/core/v1"

	"ai-platform/sandbox/cluster/bootstrap"
	"ai-platform/sandbox/cluster/config"
)

// adminConfig is the supervisor's own access to the API server.
var adminConfig = sync.OnceValues(func() (*rest.Config, error) {
	c, err := clientcmd.BuildConfigFromFlags("", kubeconfig("admin"))
	if err != nil {
		return nil, err
	}
	c.QPS = -1
	return c, nil
})

var adminClient = sync.OnceValues(func() (*kubernetes.Clientset, error) {
	c, err := adminConfig()
	if err != nil {
		return nil, err
	}
	return kubernetes.NewForConfig(c)
})

// healthy asks a health endpoint on the namespace's own loopback. Some of them serve a certificate that they made
// for themselves, so it is not verified; nothing is sent to them.
func healthy(url string) func(context.Context) error {
	return healthyWith(url, &tls.Config{InsecureSkipVerify: true})
}

func healthyWith(url string, config *tls.Config) func(context.Context) error {
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode == http.StatusOK {
			return nil
		}
		body, _ := io.ReadAll(io.LimitReader(response.Body, 512))
		return fmt.Errorf("%s answers %s: %s", url, response.Status, strings.TrimSpace(string(body)))
	}
}

func etcdProbe() func(context.Context) error {
	return withClientCertificate("https://127.0.0.1:2379/health", "apiserver-etcd-client")
}

func apiserverProbe() func(context.Context) error {
	return withClientCertificate(fmt.Sprintf("https://127.0.0.1:%d/readyz", config.APIPort), "admin")
}

func withClientCertificate(url, name string) func(context.Context) error {
	return func(ctx context.Context) error {
		certificate, err := tls.LoadX509KeyPair(pki(name+".crt"), pki(name+".key"))
		if err != nil {
			return err
		}
		return healthyWith(url, &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{certificate}})(ctx)
	}
}

func applyObjects(c config.Config) func(context.Context) error {
	return func(ctx context.Context) error {
		access, err := adminConfig()
		if err != nil {
			return err
		}
		if c.Simulated != nil {
			return bootstrap.ApplySimulated(ctx, access)
		}
		return bootstrap.Apply(ctx, access)
	}
}

// began is when this node started. What the API server says from before is of the last run.
var began = time.Now().Truncate(time.Second)

func nodeReady(ctx context.Context) error {
	client, err := adminClient()
	if err != nil {
		return err
	}
	node, err := client.CoreV1().Nodes().Get(ctx, config.NodeName, metav1.GetOptions{})
	if err != nil {
		return err
	}
	for _, condition := range node.Status.Conditions {
		if condition.Type != corev1.NodeReady {
			continue
		}
		if condition.LastHeartbeatTime.Time.Before(began) {
			return errors.New("kubelet has not reported yet")
		}
		if condition.Status != corev1.ConditionTrue {
			return errors.New(condition.Message)
		}
	}
	// The taint goes a moment after the condition; pods are scheduled only then.
	for _, taint := range node.Spec.Taints {
		if taint.Key == corev1.TaintNodeNotReady {
			return fmt.Errorf("still has the taint %s", taint.Key)
		}
	}
	return nil
}

func defaultAccountThere(ctx context.Context) error {
	client, err := adminClient()
	if err != nil {
		return err
	}
	_, err = client.CoreV1().ServiceAccounts(metav1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
	return err
}

// dnsAnswers asks as a pod would: through the Service, and so through the rules of kube-proxy.
func dnsAnswers(ctx context.Context) error {
	// A query from before the rules are there is lost, and the resolver would wait seconds before it asks again.
	ctx, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cancel()
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort(config.DNSServiceIP, "53"))
	}}
	addresses, err := resolver.LookupHost(ctx, "kubernetes.default.svc."+config.ClusterDomain+".")
	if err != nil {
		return err
	}
	if len(addresses) != 1 || addresses[0] != config.APIServiceIP {
		return fmt.Errorf("kubernetes.default resolves to %v", addresses)
	}
	return nil
}
