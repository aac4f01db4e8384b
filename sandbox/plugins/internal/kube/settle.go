package kube

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"ai-platform/sandbox/plugins/internal/kube/await"
)

const (
	annotationSkipAwait = "pulumi.com/skipAwait"
	annotationTimeout   = "pulumi.com/timeoutSeconds"
	annotationWaitFor   = "pulumi.com/waitFor"

	// defaultTimeout is the official provider's, and the default progress deadline of a Deployment.
	defaultTimeout = 10 * time.Minute
)

// timeoutOf takes the resource's customTimeouts first, then its annotation.
func timeoutOf(object *unstructured.Unstructured, seconds float64) time.Duration {
	if seconds > 0 {
		return time.Duration(seconds * float64(time.Second))
	}
	if given, err := strconv.Atoi(object.GetAnnotations()[annotationTimeout]); err == nil && given > 0 {
		return time.Duration(given) * time.Second
	}
	return defaultTimeout
}

// settle waits until the object does what it is for, and returns it as it is then, ready or not.
func (p *provider) settle(ctx context.Context, u string, object, live *unstructured.Unstructured, seconds float64) (*unstructured.Unstructured, error) {
	annotations := object.GetAnnotations()
	if annotations[annotationSkipAwait] == "true" {
		return live, nil
	}
	_, mapping, err := p.cluster.resource(live)
	if err != nil {
		return live, err
	}
	return p.watch().Ready(ctx, mapping, live, await.Options{
		Timeout: timeoutOf(object, seconds),
		WaitFor: annotations[annotationWaitFor],
		Status:  func(message string) { p.engine.Status(u, message) },
	})
}

// notReady keeps the object in state although it did not become ready: the next run waits for it again.
func notReady(id string, err error, state, inputs *structpb.Struct) error {
	reasons := []string{err.Error()}
	var failure *await.Failure
	if errors.As(err, &failure) {
		reasons = failure.Reasons()
	}
	detailed, detailErr := status.New(codes.Unknown, err.Error()).WithDetails(&pulumirpc.ErrorResourceInitFailed{
		Id: id, Properties: state, Reasons: reasons, Inputs: inputs,
	})
	if detailErr != nil {
		return detailErr
	}
	return detailed.Err()
}

// podLogs reads the last lines of a container, of its previous run where asked.
func (p *provider) podLogs(ctx context.Context, namespace, pod, container string, previous bool, lines int) (string, error) {
	raw, err := p.cluster.rest.Get().
		AbsPath("/api/v1/namespaces/"+namespace+"/pods/"+pod+"/log").
		Param("container", container).Param("tailLines", strconv.Itoa(lines)).Param("previous", strconv.FormatBool(previous)).
		DoRaw(ctx)
	return string(bytes.TrimSpace(raw)), err
}
