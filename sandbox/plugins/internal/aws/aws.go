// Package aws stands in for the AWS provider in previews, on machines that cannot download the official one. It knows
// the resource types and what a change of each property means; it never talks to AWS, and refuses to pretend that it
// created something.
package aws

import (
	"context"
	"fmt"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	"ai-platform/sandbox/plugins/internal/host"
	"ai-platform/sandbox/plugins/internal/props"
)

// Plugin serves pulumi-resource-aws.
func Plugin(server *grpc.Server, engine *host.Engine) (func(), error) {
	pulumirpc.RegisterResourceProviderServer(server, &provider{engine: engine})
	return nil, nil
}

type provider struct {
	host.BaseProvider
	engine   *host.Engine
	settings settings
	announce sync.Once
}

func (p *provider) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: host.Version() + "+simulated"}, nil
}

func (p *provider) Configure(ctx context.Context, req *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	settings, err := readSettings(req.GetVariables())
	if err != nil {
		return nil, err
	}
	p.settings = settings
	p.announce.Do(func() {
		p.engine.Info(req.GetUrn(), "AWS is simulated: this preview shows what the program asks for; no account is read or changed.")
	})
	return p.BaseProvider.Configure(ctx, req)
}

// Diff says update or replace as the resource type's schema has it.
func (p *provider) Diff(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	olds, err := props.Read(req.GetOldInputs())
	if err != nil {
		return nil, err
	}
	news, err := props.Read(req.GetNews())
	if err != nil {
		return nil, err
	}
	t := typeOf(req.GetUrn())
	response := host.Differences(olds, news, func(key resource.PropertyKey) bool {
		return t != nil && t.replacesOn(string(key), olds, news)
	}, req.GetIgnoreChanges())
	response.DeleteBeforeReplace = len(response.GetReplaces()) > 0 && t.keepsName(olds, news)
	return response, nil
}

// Create answers a preview with the inputs: all else about the resource stays unknown until it exists.
func (p *provider) Create(_ context.Context, req *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	if !req.GetPreview() {
		return nil, refuse("create", req.GetUrn())
	}
	outputs, err := props.Read(req.GetProperties())
	if err != nil {
		return nil, err
	}
	withNestedOutputs(req.GetUrn(), outputs, nil)
	bag, err := props.Write(outputs)
	return &pulumirpc.CreateResponse{Properties: bag}, err
}

// Update answers a preview with the new inputs over what was known.
func (p *provider) Update(_ context.Context, req *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	if !req.GetPreview() {
		return nil, refuse("update", req.GetUrn())
	}
	outputs, err := props.Read(req.GetOlds())
	if err != nil {
		return nil, err
	}
	news, err := props.Read(req.GetNews())
	if err != nil {
		return nil, err
	}
	olds := outputs.Copy()
	for key, value := range news {
		outputs[key] = value
	}
	withNestedOutputs(req.GetUrn(), outputs, olds)
	bag, err := props.Write(outputs)
	return &pulumirpc.UpdateResponse{Properties: bag}, err
}

func (p *provider) Read(_ context.Context, req *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	return nil, refuse("read", req.GetUrn())
}

func (p *provider) Delete(_ context.Context, req *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	return nil, refuse("delete", req.GetUrn())
}

func refuse(verb, u string) error {
	return fmt.Errorf("cannot %s %s: AWS is simulated here, for previews only. "+
		"Deploying needs the official Pulumi CLI with its AWS plugin (https://www.pulumi.com/docs/install/) and an AWS account", verb, urn.URN(u).Name())
}
