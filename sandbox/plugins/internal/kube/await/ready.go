package await

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Options say how to wait.
type Options struct {
	Timeout time.Duration
	// WaitFor replaces the kind's own rule, as the annotation pulumi.com/waitFor does.
	WaitFor string
	// Status shows how far it is; called when that changes.
	Status func(string)
}

// verdict is what a rule makes of an object's present state.
type verdict struct {
	ready bool
	// hold is how long it must stay ready to count.
	hold time.Duration
	// failed means that waiting longer cannot help.
	failed bool
	// message tells how far it is, or what failed.
	message string
	// problems are what stands in the way, the most telling first.
	problems []problem
}

// rule judges an object. What it needs to know of others it asks the view for.
type rule struct {
	judge func(*view) verdict
	// needs are the kinds that the rule looks at, beside the object itself.
	needs []schema.GroupVersionResource
}

// view is an object and its surroundings at one moment.
type view struct {
	ctx     context.Context
	watcher *Watcher
	object  *unstructured.Unstructured
	related map[schema.GroupVersionResource]*source
}

// Failure is an object that did not become ready.
type Failure struct {
	Headline string
	Details  []string
}

func (f *Failure) Error() string {
	if len(f.Details) == 0 {
		return f.Headline
	}
	return f.Headline + "\n" + strings.Join(f.Details, "\n")
}

// Reasons are the headline and each detail on its own.
func (f *Failure) Reasons() []string { return append([]string{f.Headline}, f.Details...) }

// Ready waits and returns the object as it was seen last. Kinds without a rule are ready at once.
func (w *Watcher) Ready(ctx context.Context, mapping *meta.RESTMapping, live *unstructured.Unstructured, o Options) (*unstructured.Unstructured, error) {
	rule, err := ruleFor(live, o.WaitFor)
	if err != nil || rule == nil {
		return live, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	deadline := time.NewTimer(o.Timeout)
	defer deadline.Stop()

	poke := make(chan struct{}, 1)
	client := w.clientFor(mapping, live)
	self := newSource(ctx, w.client, client, fields.OneTermEqualSelector("metadata.name", live.GetName()))
	defer self.listen(poke)()
	v := &view{ctx: ctx, watcher: w, object: live, related: map[schema.GroupVersionResource]*source{}}
	for _, resource := range rule.needs {
		s := w.in(resource, live.GetNamespace())
		defer s.listen(poke)()
		v.related[resource] = s
	}
	self.sync(ctx)
	for _, s := range v.related {
		s.sync(ctx)
	}

	started, shown, last := time.Now(), "", verdict{message: "not seen yet"}
	var readySince time.Time
	held := time.NewTimer(o.Timeout)
	defer held.Stop()
	for {
		current := self.current(live)
		if current != nil {
			v.object = current
			last = rule.judge(v)
			switch {
			case !last.ready:
				readySince = time.Time{}
			case readySince.IsZero() && last.hold > 0:
				readySince = time.Now()
				held.Reset(last.hold)
			case time.Since(readySince) >= last.hold:
				return current, nil
			}
			switch {
			case last.failed:
				return current, v.failure(fmt.Sprintf("%s failed: %s", describe(current), last.message), last)
			}
		} else if _, err := client.Get(ctx, live.GetName(), metav1.GetOptions{}); apierrors.IsNotFound(err) {
			// The watch alone does not tell: it may still show a time before the object was made.
			return v.object, &Failure{Headline: describe(live) + " was deleted while waiting for it to be ready"}
		}
		if line := summary(last); line != shown && o.Status != nil {
			shown = line
			o.Status(line)
		}
		select {
		case <-poke:
		case <-held.C:
		case <-deadline.C:
			return v.object, v.failure(fmt.Sprintf("%s is not ready after %s: %s", describe(live), o.Timeout.Round(time.Second), last.message), last)
		case <-ctx.Done():
			return v.object, v.failure(fmt.Sprintf("stopped after %s, before %s was ready: %s", time.Since(started).Round(time.Second), describe(live), last.message), last)
		}
	}
}

// current is the object as the watch has it, unless the watch still shows a state from before the change.
func (s *source) current(live *unstructured.Unstructured) *unstructured.Unstructured {
	for _, object := range s.all() {
		if object.GetUID() == live.GetUID() && object.GetGeneration() >= live.GetGeneration() {
			return object
		}
	}
	return nil
}

func summary(v verdict) string {
	if len(v.problems) == 0 {
		return v.message
	}
	return v.message + "; " + firstLine(v.problems[0].message)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

func describe(object *unstructured.Unstructured) string {
	if object.GetNamespace() == "" {
		return object.GetKind() + " " + object.GetName()
	}
	return object.GetKind() + " " + object.GetNamespace() + "/" + object.GetName()
}

// ruleFor is the user's own condition, else the kind's rule, else none.
func ruleFor(object *unstructured.Unstructured, waitFor string) (*rule, error) {
	if waitFor != "" {
		return customRule(waitFor)
	}
	if own, found := rules[object.GroupVersionKind().GroupKind()]; found {
		return &own, nil
	}
	if os.Getenv("PULUMI_K8S_AWAIT_ALL") == "true" {
		return &rule{judge: byStatus}, nil
	}
	return nil, nil
}

// Gone waits until the object does not exist any more.
func (w *Watcher) Gone(ctx context.Context, mapping *meta.RESTMapping, object *unstructured.Unstructured, timeout time.Duration, status func(string)) error {
	client := w.clientFor(mapping, object)
	live, err := client.Get(ctx, object.GetName(), metav1.GetOptions{})
	if err != nil {
		return ignoreNotFound(err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	deadline := time.NewTimer(timeout)
	defer deadline.Stop()
	poke := make(chan struct{}, 1)
	self := newSource(ctx, w.client, client, fields.OneTermEqualSelector("metadata.name", object.GetName()))
	defer self.listen(poke)()
	self.sync(ctx)
	for {
		if current := self.current(live); current != nil {
			live = current
			status("waiting until it is gone" + remaining(live))
		} else if _, err := client.Get(ctx, object.GetName(), metav1.GetOptions{}); err == nil && self.hasOther(live) {
			return nil // an object of the same name that someone made since is another one
		} else if err != nil {
			return ignoreNotFound(err)
		}
		select {
		case <-poke:
		case <-deadline.C:
			return fmt.Errorf("%s still exists %s after its deletion%s", describe(object), timeout.Round(time.Second), remaining(live))
		case <-ctx.Done():
			return fmt.Errorf("stopped before %s was gone%s", describe(object), remaining(live))
		}
	}
}

func (s *source) hasOther(live *unstructured.Unstructured) bool {
	for _, object := range s.all() {
		if object.GetUID() != live.GetUID() {
			return true
		}
	}
	return false
}

// remaining tells what holds an object back from going.
func remaining(object *unstructured.Unstructured) string {
	var reasons []string
	for _, kind := range []string{"NamespaceDeletionDiscoveryFailure", "NamespaceDeletionContentFailure", "NamespaceContentRemaining", "NamespaceFinalizersRemaining"} {
		if c := condition(object.Object, kind); c != nil && c["status"] == "True" {
			reasons = append(reasons, fmt.Sprint(c["message"]))
		}
	}
	if finalizers := object.GetFinalizers(); len(finalizers) > 0 {
		reasons = append(reasons, "finalizers: "+strings.Join(finalizers, ", "))
	}
	if len(reasons) == 0 {
		return ""
	}
	return " (" + strings.Join(reasons, "; ") + ")"
}
