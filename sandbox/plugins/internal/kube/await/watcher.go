// Package await waits until Kubernetes objects do what they are for, and says why when they do not.
package await

import (
	"context"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/cache"
)

// Logs reads the last lines of a container's output, of its previous run where asked.
type Logs func(ctx context.Context, namespace, pod, container string, previous bool, lines int) (string, error)

// Watcher shares one watch per kind and namespace among all that wait there: a hundred Deployments in a namespace
// cost one watch of its pods.
type Watcher struct {
	ctx    context.Context
	client dynamic.Interface
	mapper meta.RESTMapper
	logs   Logs

	mu     sync.Mutex
	shared map[watchKey]*source
}

type watchKey struct {
	resource  schema.GroupVersionResource
	namespace string
}

// NewWatcher keeps its watches open until the context ends.
func NewWatcher(ctx context.Context, client dynamic.Interface, mapper meta.RESTMapper, logs Logs) *Watcher {
	return &Watcher{ctx: ctx, client: client, mapper: mapper, logs: logs, shared: map[watchKey]*source{}}
}

// The kinds that tell how another object fares.
var (
	pods           = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	events         = schema.GroupVersionResource{Version: "v1", Resource: "events"}
	services       = schema.GroupVersionResource{Version: "v1", Resource: "services"}
	replicaSets    = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "replicasets"}
	endpointSlices = schema.GroupVersionResource{Group: "discovery.k8s.io", Version: "v1", Resource: "endpointslices"}
	storageClasses = schema.GroupVersionResource{Group: "storage.k8s.io", Version: "v1", Resource: "storageclasses"}
)

const (
	byOwner   = "owner"   // objects by the UID of their controller
	byTarget  = "target"  // events by the UID of the object they are about
	byService = "service" // endpoint slices by the name of their Service
)

// source is one watch and those who listen to it.
type source struct {
	informer cache.SharedIndexInformer
	mu       sync.Mutex
	next     int
	pokes    map[int]chan struct{}
}

// newSource watches what the resource client sees; the client is asked what kinds of watches it can do.
func newSource(ctx context.Context, client dynamic.Interface, resource dynamic.ResourceInterface, selector fields.Selector) *source {
	options := func(o *metav1.ListOptions) {
		if selector != nil {
			o.FieldSelector = selector.String()
		}
	}
	informer := cache.NewSharedIndexInformer(cache.ToListWatcherWithWatchListSemantics(&cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			options(&o)
			return resource.List(ctx, o)
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			options(&o)
			return resource.Watch(ctx, o)
		},
	}, client), &unstructured.Unstructured{}, 0, cache.Indexers{byOwner: ownerOf, byTarget: targetOf, byService: serviceOf})
	s := &source{informer: informer, pokes: map[int]chan struct{}{}}
	_ = informer.SetTransform(slim)
	_, _ = informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { s.poke() },
		UpdateFunc: func(any, any) { s.poke() },
		DeleteFunc: func(any) { s.poke() },
	})
	go informer.RunWithContext(ctx)
	return s
}

// slim drops what no one here reads and what makes up half of most objects.
func slim(object any) (any, error) {
	if u, ok := object.(*unstructured.Unstructured); ok {
		u.SetManagedFields(nil)
	}
	return object, nil
}

func (s *source) poke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ch := range s.pokes {
		select {
		case ch <- struct{}{}:
		default: // a poke is waiting already, and it stands for this one too
		}
	}
}

func (s *source) listen(ch chan struct{}) (stop func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.next
	s.next++
	s.pokes[id] = ch
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.pokes, id)
	}
}

// firstContents bounds the wait for what a watch starts with. A user may not be allowed to list events, say: the wait
// then goes on without what they would tell.
const firstContents = 5 * time.Second

func (s *source) sync(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, firstContents)
	defer cancel()
	select {
	case <-s.informer.HasSyncedChecker().Done():
	case <-ctx.Done():
	}
}

// in returns the shared watch of a kind in a namespace. It may still be empty: see sync.
func (w *Watcher) in(resource schema.GroupVersionResource, namespace string) *source {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := watchKey{resource, namespace}
	s, found := w.shared[key]
	if !found {
		s = newSource(w.ctx, w.client, w.client.Resource(resource).Namespace(namespace), nil)
		w.shared[key] = s
	}
	return s
}

// indexed lists what the index knows under the value.
func (s *source) indexed(index, value string) []*unstructured.Unstructured {
	found, err := s.informer.GetIndexer().ByIndex(index, value)
	if err != nil {
		return nil
	}
	objects := make([]*unstructured.Unstructured, 0, len(found))
	for _, item := range found {
		if u, ok := item.(*unstructured.Unstructured); ok {
			objects = append(objects, u)
		}
	}
	return objects
}

func (s *source) all() []*unstructured.Unstructured {
	var objects []*unstructured.Unstructured
	for _, item := range s.informer.GetStore().List() {
		if u, ok := item.(*unstructured.Unstructured); ok {
			objects = append(objects, u)
		}
	}
	return objects
}

func ownerOf(object any) ([]string, error) {
	if u, ok := object.(*unstructured.Unstructured); ok {
		if owner := metav1.GetControllerOf(u); owner != nil {
			return []string{string(owner.UID)}, nil
		}
	}
	return nil, nil
}

func targetOf(object any) ([]string, error) {
	if u, ok := object.(*unstructured.Unstructured); ok && u.GetKind() == "Event" {
		if uid := text(u.Object, "involvedObject", "uid"); uid != "" {
			return []string{uid}, nil
		}
	}
	return nil, nil
}

func serviceOf(object any) ([]string, error) {
	if u, ok := object.(*unstructured.Unstructured); ok {
		if name := u.GetLabels()["kubernetes.io/service-name"]; name != "" {
			return []string{name}, nil
		}
	}
	return nil, nil
}

// text is a string deep in an object, or "".
func text(object map[string]any, path ...string) string {
	value, _, _ := unstructured.NestedString(object, path...)
	return value
}

// number is an integer deep in an object, or 0.
func number(object map[string]any, path ...string) int64 {
	value, _, _ := unstructured.NestedInt64(object, path...)
	return value
}

// list is a list of objects deep in an object.
func list(object map[string]any, path ...string) []map[string]any {
	items, _, _ := unstructured.NestedSlice(object, path...)
	found := make([]map[string]any, 0, len(items))
	for _, item := range items {
		if fields, ok := item.(map[string]any); ok {
			found = append(found, fields)
		}
	}
	return found
}

// condition finds one of an object's status conditions.
func condition(object map[string]any, kind string) map[string]any {
	for _, c := range list(object, "status", "conditions") {
		if c["type"] == kind {
			return c
		}
	}
	return nil
}
