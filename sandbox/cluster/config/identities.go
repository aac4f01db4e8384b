package config

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"ai-platform/sandbox/cluster/certs"
)

const (
	clusterCA    = "ca"
	etcdCA       = "etcd-ca"
	frontProxyCA = "front-proxy-ca"
)

// client is a user of the API server with a certificate and a kubeconfig of that name.
type client struct{ name, user, group string }

var clients = []client{
	{"admin", "ai-platform-admin", "system:masters"},
	{"kubelet", "system:node:" + NodeName, "system:nodes"},
	{"kube-controller-manager", "system:kube-controller-manager", ""},
	{"kube-scheduler", "system:kube-scheduler", ""},
	{"kube-proxy", "system:kube-proxy", ""},
	{"coredns", "ai-platform:coredns", ""},
	{"kwok", "ai-platform:kwok", ""},
	{"volume-provisioner", "ai-platform:volume-provisioner", ""},
	{"network-policies", "ai-platform:network-policies", ""},
}

func leaves() []certs.Leaf {
	all := []certs.Leaf{
		{Name: "kube-apiserver", Authority: clusterCA, CommonName: "kube-apiserver", Hosts: []string{
			"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc." + ClusterDomain,
			"localhost", "127.0.0.1", NodeAddress, APIServiceIP,
		}},
		{Name: "apiserver-kubelet-client", Authority: clusterCA, CommonName: "ai-platform:kubelet-client"},
		{Name: "kubelet-server", Authority: clusterCA, CommonName: NodeName, Hosts: []string{NodeName, NodeAddress}},
		{Name: "etcd", Authority: etcdCA, CommonName: "etcd", Hosts: []string{"localhost", "127.0.0.1"}},
		{Name: "apiserver-etcd-client", Authority: etcdCA, CommonName: "kube-apiserver"},
		{Name: "front-proxy-client", Authority: frontProxyCA, CommonName: "front-proxy-client"},
	}
	for _, c := range clients {
		all = append(all, certs.Leaf{Name: c.name, Authority: clusterCA, CommonName: c.user, Organization: c.group})
	}
	return all
}

// EnsureIdentities issues what is missing or near its end: certificates, the service accounts' signing key,
// the key that encrypts secrets in etcd, and the kubeconfigs of the components and of the person at the machine.
func EnsureIdentities(c Config, now time.Time) error {
	host := Host{c.StateDir}
	if err := certs.Ensure(host.PKI(), []string{clusterCA, etcdCA, frontProxyCA}, leaves(), now); err != nil {
		return err
	}
	if err := certs.EnsureKey(host.PKI(), "service-accounts"); err != nil {
		return err
	}
	if err := os.MkdirAll(host.Files(), 0o700); err != nil {
		return err
	}
	inside := fmt.Sprintf("https://127.0.0.1:%d", APIPort)
	for _, client := range clients {
		if err := writeKubeconfig(host, client.name, inside, filepath.Join(host.Files(), client.name+".kubeconfig")); err != nil {
			return err
		}
	}
	return writeKubeconfig(host, "admin", fmt.Sprintf("https://127.0.0.1:%d", c.APIPort), host.AdminKubeconfig())
}

func writeKubeconfig(host Host, name, server, path string) error {
	var files [3][]byte
	for i, file := range []string{clusterCA + ".crt", name + ".crt", name + ".key"} {
		content, err := os.ReadFile(filepath.Join(host.PKI(), file))
		if err != nil {
			return err
		}
		files[i] = content
	}
	config := clientcmdapi.NewConfig()
	config.Clusters[ContextName] = &clientcmdapi.Cluster{Server: server, CertificateAuthorityData: files[0]}
	config.AuthInfos[ContextName] = &clientcmdapi.AuthInfo{ClientCertificateData: files[1], ClientKeyData: files[2]}
	config.Contexts[ContextName] = &clientcmdapi.Context{Cluster: ContextName, AuthInfo: ContextName}
	config.CurrentContext = ContextName
	content, err := clientcmd.Write(*config)
	if err != nil {
		return err
	}
	return writeFile(path, content)
}

// encryptionKey is made once: without it, the secrets in etcd are lost.
func encryptionKey(host Host) (string, error) {
	path := filepath.Join(host.PKI(), "encryption.key")
	content, err := os.ReadFile(path)
	if err == nil {
		return strings.TrimSpace(string(content)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return "", err
	}
	encoded := base64.StdEncoding.EncodeToString(key)
	return encoded, writeFile(path, []byte(encoded+"\n"))
}

// writeFile replaces a file as a whole: a killed start leaves the old one or the new one.
func writeFile(path string, content []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name())
	if _, err := temporary.Write(content); err != nil {
		return err
	}
	if err := temporary.Sync(); err != nil {
		return err
	}
	if err := temporary.Close(); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), path)
}
