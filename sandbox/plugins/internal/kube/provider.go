// Package kube is the provider of Kubernetes objects, by server-side apply against any API server.
package kube

import (
	"context"
	"fmt"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	"ai-platform/sandbox/plugins/internal/host"
	"ai-platform/sandbox/plugins/internal/kube/await"
	"ai-platform/sandbox/plugins/internal/props"
)

// Plugin serves pulumi-resource-kubernetes.
func Plugin(server *grpc.Server, engine *host.Engine) (func(), error) {
	alive, cancel := context.WithCancel(context.Background())
	pulumirpc.RegisterResourceProviderServer(server, &provider{engine: engine, alive: alive, cancel: cancel})
	return cancel, nil
}

type provider struct {
	host.BaseProvider
	engine *host.Engine
	// alive ends when the engine cancels: running awaits then stop and say how far they got.
	alive  context.Context
	cancel context.CancelFunc

	urn         string
	settings    settings
	cluster     *cluster
	unreachable sync.Once

	watchOnce sync.Once
	watcher   *await.Watcher
}

func (p *provider) Configure(ctx context.Context, req *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	settings, err := readSettings(req.GetVariables())
	if err != nil {
		return nil, err
	}
	p.urn, p.settings, p.cluster = req.GetUrn(), settings, newCluster(settings)
	// The first resource will need it, and until that one arrives the program is still starting.
	go func() { _ = p.cluster.reach() }()
	return p.BaseProvider.Configure(ctx, req)
}

// DiffConfig replaces every resource when the configuration points at another cluster, and only then.
func (p *provider) DiffConfig(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	olds, err := props.Read(req.GetOldInputs())
	if err != nil {
		return nil, err
	}
	news, err := props.Read(req.GetNews())
	if err != nil {
		return nil, err
	}
	moved := pointsElsewhere(olds, news)
	return host.Differences(olds, news, func(key resource.PropertyKey) bool {
		switch key {
		case "kubeconfig", "context", "cluster", "clusterIdentifier":
			return moved
		}
		return false
	}, nil), nil
}

func (p *provider) Invoke(_ context.Context, req *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	return nil, fmt.Errorf("the Kubernetes provider of the sandbox has no function %s: it manages objects only", req.GetTok())
}

func (p *provider) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	p.cancel()
	return &emptypb.Empty{}, nil
}

// running is a context that ends with the call and with the engine.
func (p *provider) running(ctx context.Context) (context.Context, context.CancelFunc) {
	both, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(p.alive, cancel)
	return both, func() { stop(); cancel() }
}

// warnUnreachable tells once that a preview goes on without the cluster.
func (p *provider) warnUnreachable(err error) {
	p.unreachable.Do(func() {
		p.engine.Warn(p.urn, fmt.Sprintf("%v. The preview goes on without the cluster: it shows what the program asks for, not what the server would make of it", err))
	})
}

func (p *provider) watch() *await.Watcher {
	p.watchOnce.Do(func() {
		p.watcher = await.NewWatcher(p.alive, p.cluster.client, p.cluster.mapper, p.podLogs)
	})
	return p.watcher
}
