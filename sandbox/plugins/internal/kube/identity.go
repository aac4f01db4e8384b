package kube

import (
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	clientapi "k8s.io/client-go/tools/clientcmd/api"

	"ai-platform/sandbox/plugins/internal/props"
)

// pointsElsewhere tells whether two configurations mean different clusters. A cluster has no identity of its own: its
// server and certificate authority stand for it, unless the user gives a clusterIdentifier, which then decides alone.
func pointsElsewhere(olds, news resource.PropertyMap) bool {
	for _, key := range []resource.PropertyKey{"kubeconfig", "context", "cluster"} {
		if news[key].ContainsUnknowns() {
			return true
		}
	}
	before, after := props.String(olds, "clusterIdentifier"), props.String(news, "clusterIdentifier")
	if before != "" && after != "" {
		return before != after
	}
	old, oldFound := activeCluster(olds)
	current, found := activeCluster(news)
	return oldFound && found && !reflect.DeepEqual(old, current)
}

func activeCluster(config resource.PropertyMap) (*clientapi.Cluster, bool) {
	s := settings{
		kubeconfig: props.String(config, "kubeconfig"),
		context:    props.String(config, "context"),
		cluster:    props.String(config, "cluster"),
	}
	loader, err := s.loader()
	if err != nil {
		return nil, false
	}
	raw, err := loader.RawConfig()
	if err != nil {
		return nil, false
	}
	name := s.cluster
	if name == "" {
		current := s.context
		if current == "" {
			current = raw.CurrentContext
		}
		context, found := raw.Contexts[current]
		if !found {
			return nil, false
		}
		name = context.Cluster
	}
	cluster, found := raw.Clusters[name]
	if !found {
		return nil, false
	}
	cluster.LocationOfOrigin = ""
	return cluster, true
}
