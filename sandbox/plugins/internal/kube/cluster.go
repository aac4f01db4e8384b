package kube

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

// reachTimeout is how long a cluster may take to answer at all before a preview goes on without it.
const reachTimeout = 10 * time.Second

// cluster is one API server. It is asked for the first time when something needs it.
type cluster struct {
	settings  settings
	namespace string
	config    *rest.Config
	loadErr   error

	once   sync.Once
	err    error
	client dynamic.Interface
	rest   rest.Interface
	mapper *restmapper.DeferredDiscoveryRESTMapper

	rediscovered   time.Time
	rediscoverLock sync.Mutex
}

func newCluster(s settings) *cluster {
	c := &cluster{settings: s}
	c.config, c.namespace, c.loadErr = s.restConfig()
	return c
}

// reach connects once and remembers the outcome; the error says which server and why not.
func (c *cluster) reach() error {
	c.once.Do(func() { c.err = c.connect() })
	return c.err
}

func (c *cluster) connect() error {
	if c.loadErr != nil {
		return fmt.Errorf("the kubeconfig names no usable cluster: %w", c.loadErr)
	}
	httpClient, err := rest.HTTPClientFor(c.config)
	if err != nil {
		return err
	}
	discoverer, err := discovery.NewDiscoveryClientForConfigAndClient(c.config, httpClient)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), reachTimeout)
	defer cancel()
	if err := discoverer.RESTClient().Get().AbsPath("/version").Do(ctx).Error(); err != nil {
		var network net.Error
		if errors.Is(err, context.DeadlineExceeded) || (errors.As(err, &network) && network.Timeout()) {
			return fmt.Errorf("the Kubernetes API server %s did not answer within %s", c.config.Host, reachTimeout)
		}
		return fmt.Errorf("the Kubernetes API server %s cannot be used: %w", c.config.Host, err)
	}
	if c.client, err = dynamic.NewForConfigAndClient(c.config, httpClient); err != nil {
		return err
	}
	c.rest = discoverer.RESTClient()
	c.mapper = restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(discoverer))
	return nil
}

// rediscover forgets which kinds the server has. Many resources may ask at once for a kind whose CRD is on its way:
// once a second is enough for all of them.
func (c *cluster) rediscover() {
	c.rediscoverLock.Lock()
	defer c.rediscoverLock.Unlock()
	if time.Since(c.rediscovered) > time.Second {
		c.mapper.Reset()
		c.rediscovered = time.Now()
	}
}

func (c *cluster) mapping(gvk schema.GroupVersionKind) (*meta.RESTMapping, error) {
	if err := c.reach(); err != nil {
		return nil, err
	}
	return c.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
}

// resource is the client for the object's kind, in its namespace or the default one.
func (c *cluster) resource(object *unstructured.Unstructured) (dynamic.ResourceInterface, *meta.RESTMapping, error) {
	mapping, err := c.mapping(object.GroupVersionKind())
	if err != nil {
		return nil, nil, err
	}
	client := c.client.Resource(mapping.Resource)
	if mapping.Scope.Name() != meta.RESTScopeNameNamespace {
		return client, mapping, nil
	}
	namespace := object.GetNamespace()
	if namespace == "" {
		namespace = c.namespace
	}
	return client.Namespace(namespace), mapping, nil
}

// namespaced tells whether the kind lives in a namespace. Without a cluster, or for a kind that it does not have yet,
// Kubernetes' own cluster-wide kinds are known and everything else is taken to be in a namespace.
func (c *cluster) namespaced(gvk schema.GroupVersionKind) bool {
	if kinds, own := clusterWide[gvk.Group]; own {
		return !kinds[gvk.Kind]
	}
	if mapping, err := c.mapping(gvk); err == nil {
		return mapping.Scope.Name() == meta.RESTScopeNameNamespace
	}
	return true
}

func set(kinds ...string) map[string]bool {
	members := make(map[string]bool, len(kinds))
	for _, kind := range kinds {
		members[kind] = true
	}
	return members
}

// clusterWide lists the kinds outside namespaces of the API groups that Kubernetes itself serves.
var clusterWide = map[string]map[string]bool{
	"":                             set("Namespace", "Node", "PersistentVolume", "ComponentStatus"),
	"admissionregistration.k8s.io": set("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"),
	"apiextensions.k8s.io":         set("CustomResourceDefinition"),
	"apiregistration.k8s.io":       set("APIService"),
	"apps":                         set(),
	"autoscaling":                  set(),
	"batch":                        set(),
	"certificates.k8s.io":          set("CertificateSigningRequest", "ClusterTrustBundle"),
	"coordination.k8s.io":          set(),
	"discovery.k8s.io":             set(),
	"flowcontrol.apiserver.k8s.io": set("FlowSchema", "PriorityLevelConfiguration"),
	"networking.k8s.io":            set("IngressClass", "IPAddress", "ServiceCIDR"),
	"node.k8s.io":                  set("RuntimeClass"),
	"policy":                       set(),
	"rbac.authorization.k8s.io":    set("ClusterRole", "ClusterRoleBinding"),
	"resource.k8s.io":              set("DeviceClass", "ResourceSlice", "DeviceTaintRule"),
	"scheduling.k8s.io":            set("PriorityClass"),
	"storage.k8s.io":               set("CSIDriver", "CSINode", "StorageClass", "VolumeAttachment", "VolumeAttributesClass"),
}
