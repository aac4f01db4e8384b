package host

import (
	"context"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"

	"ai-platform/sandbox/plugins/internal/props"
)

// BaseProvider answers what every resource provider answers alike.
type BaseProvider struct {
	pulumirpc.UnimplementedResourceProviderServer
}

// Handshake says that property bags may hold secrets.
func (BaseProvider) Handshake(context.Context, *pulumirpc.ProviderHandshakeRequest) (*pulumirpc.ProviderHandshakeResponse, error) {
	return &pulumirpc.ProviderHandshakeResponse{AcceptSecrets: true, SupportsAutonamingConfiguration: true}, nil
}

// Configure repeats the handshake for engines that ask again, and announces previews.
func (BaseProvider) Configure(context.Context, *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	return &pulumirpc.ConfigureResponse{AcceptSecrets: true, SupportsPreview: true, SupportsAutonamingConfiguration: true}, nil
}

func (BaseProvider) CheckConfig(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	return &pulumirpc.CheckResponse{Inputs: req.GetNews()}, nil
}

// DiffConfig reports changes of the configuration as updates: they move no resource.
func (BaseProvider) DiffConfig(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	olds, err := props.Read(req.GetOldInputs())
	if err != nil {
		return nil, err
	}
	news, err := props.Read(req.GetNews())
	if err != nil {
		return nil, err
	}
	return Differences(olds, news, func(resource.PropertyKey) bool { return false }, nil), nil
}

func (BaseProvider) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: Version()}, nil
}

func (BaseProvider) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// Differences is a diff by top-level property; replaces tells which of them cannot change in place.
func Differences(olds, news resource.PropertyMap, replaces func(resource.PropertyKey) bool, ignore []string) *pulumirpc.DiffResponse {
	ignored := map[string]bool{}
	for _, path := range ignore {
		ignored[path] = true
	}
	response := &pulumirpc.DiffResponse{
		Changes: pulumirpc.DiffResponse_DIFF_NONE, HasDetailedDiff: true, DetailedDiff: map[string]*pulumirpc.PropertyDiff{},
	}
	for _, key := range props.Changed(olds, news) {
		if ignored[string(key)] {
			continue
		}
		replace := replaces(key)
		response.Changes = pulumirpc.DiffResponse_DIFF_SOME
		response.Diffs = append(response.Diffs, string(key))
		response.DetailedDiff[string(key)] = &pulumirpc.PropertyDiff{Kind: props.Kind(olds, news, key, replace), InputDiff: true}
		if replace {
			response.Replaces = append(response.Replaces, string(key))
		}
	}
	return response
}
