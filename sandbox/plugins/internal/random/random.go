// Package random is the provider of random values: made once, kept in state, remade when an input changes.
package random

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	"ai-platform/sandbox/plugins/internal/host"
	"ai-platform/sandbox/plugins/internal/props"
)

// Plugin serves pulumi-resource-random.
func Plugin(server *grpc.Server, _ *host.Engine) (func(), error) {
	pulumirpc.RegisterResourceProviderServer(server, &provider{})
	return nil, nil
}

type provider struct{ host.BaseProvider }

func kindOf(u string) (kind, error) {
	token := string(urn.URN(u).Type())
	if k, known := kinds[token]; known {
		return k, nil
	}
	return kind{}, fmt.Errorf("the random provider of the sandbox has no %s", token)
}

// Check completes the inputs with their defaults, so that state shows what was chosen.
func (p *provider) Check(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	k, err := kindOf(req.GetUrn())
	if err != nil {
		return nil, err
	}
	inputs, err := props.Read(req.GetNews())
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.CheckResponse{Inputs: req.GetNews()}
	for _, key := range k.required {
		if value, set := inputs[resource.PropertyKey(key)]; !set || value.IsNull() {
			response.Failures = append(response.Failures, &pulumirpc.CheckFailure{Property: key, Reason: "is required"})
		}
	}
	if len(response.Failures) == 0 && k.check != nil && !inputs.ContainsUnknowns() {
		if err := k.check(props.PlainMap(inputs)); err != nil {
			response.Failures = append(response.Failures, &pulumirpc.CheckFailure{Reason: err.Error()})
		}
	}
	return response, nil
}

// Diff replaces on any change: a random value cannot be updated in place.
func (p *provider) Diff(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	olds, err := props.Read(req.GetOldInputs())
	if err != nil {
		return nil, err
	}
	news, err := props.Read(req.GetNews())
	if err != nil {
		return nil, err
	}
	return host.Differences(olds, news, func(resource.PropertyKey) bool { return true }, req.GetIgnoreChanges()), nil
}

func (p *provider) Create(_ context.Context, req *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	k, err := kindOf(req.GetUrn())
	if err != nil {
		return nil, err
	}
	inputs, err := props.Read(req.GetProperties())
	if err != nil {
		return nil, err
	}
	outputs := withDefaults(k, inputs)
	id := ""
	if !req.GetPreview() {
		var made map[string]any
		if id, made, err = k.make(props.PlainMap(outputs)); err != nil {
			return nil, err
		}
		add(k, outputs, made)
	}
	bag, err := props.Write(outputs)
	return &pulumirpc.CreateResponse{Id: id, Properties: bag}, err
}

// Read returns what is in state: nothing outside can have changed. On import it starts from the id.
func (p *provider) Read(_ context.Context, req *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	if len(req.GetProperties().GetFields()) > 0 {
		return &pulumirpc.ReadResponse{Id: req.GetId(), Properties: req.GetProperties(), Inputs: req.GetInputs()}, nil
	}
	k, err := kindOf(req.GetUrn())
	if err != nil {
		return nil, err
	}
	if k.adopt == nil {
		return nil, fmt.Errorf("%s cannot be imported by its id", urn.URN(req.GetUrn()).Type())
	}
	made, err := k.adopt(req.GetId())
	if err != nil {
		return nil, err
	}
	inputs := resource.PropertyMap{}
	if length, set := made["length"]; set {
		inputs["length"] = resource.NewPropertyValue(length)
	}
	outputs := withDefaults(k, inputs)
	add(k, outputs, made)
	state, err := props.Write(outputs)
	if err != nil {
		return nil, err
	}
	bag, err := props.Write(inputs)
	return &pulumirpc.ReadResponse{Id: req.GetId(), Properties: state, Inputs: bag}, err
}

func (p *provider) Delete(context.Context, *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func withDefaults(k kind, inputs resource.PropertyMap) resource.PropertyMap {
	outputs := inputs.Copy()
	for key, value := range k.defaults {
		if current, set := outputs[resource.PropertyKey(key)]; !set || current.IsNull() {
			outputs[resource.PropertyKey(key)] = resource.NewPropertyValue(value)
		}
	}
	return outputs
}

func add(k kind, outputs resource.PropertyMap, made map[string]any) {
	for key, value := range made {
		if _, given := outputs[resource.PropertyKey(key)]; !given {
			outputs[resource.PropertyKey(key)] = resource.NewPropertyValue(value)
		}
	}
	for _, key := range k.secret {
		if value, set := outputs[key]; set && !value.IsSecret() {
			outputs[key] = resource.MakeSecret(value)
		}
	}
}
