// Package dockerbuild is the provider of images for machines without Docker: it checks, compares and hashes what an image
// is built from as the official plugin does, and in the place of building it, pushes a description of the image to the
// registry of the simulated AWS. An index, which copies images from one registry to another, is pushed as its description.
//
// Behaviour by pulumi/pulumi-docker-build v0.0.22, provider/internal.
package dockerbuild

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

// Plugin serves pulumi-resource-docker-build.
func Plugin(server *grpc.Server, engine *host.Engine) (func(), error) {
	pulumirpc.RegisterResourceProviderServer(server, &provider{engine: engine})
	return nil, nil
}

type provider struct {
	host.BaseProvider
	engine   *host.Engine
	announce sync.Once
}

const imageType = "docker-build:index:Image"

func onlyImages(u string) error {
	if token := string(urn.URN(u).Type()); token != imageType {
		return fmt.Errorf("the sandbox makes no %s, only %s and %s", token, imageType, indexResource)
	}
	return nil
}

func (p *provider) say(u string) {
	p.announce.Do(func() {
		p.engine.Info(u, "Docker is simulated: an image is described and its context hashed, but nothing is built.")
	})
}

// Check says what is wrong with the inputs, and adds the Dockerfile that Docker would look for.
func (p *provider) Check(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	inputs, err := props.Read(req.GetNews())
	if err != nil {
		return nil, err
	}
	if isIndex(req.GetUrn()) {
		return p.checkIndex(inputs)
	}
	if err := onlyImages(req.GetUrn()); err != nil {
		return nil, err
	}
	args, failures := readArguments(inputs)
	if len(failures) == 0 {
		failures = args.faults(inputs.ContainsUnknowns())
		if args.Dockerfile.Location != "" {
			inputs["dockerfile"] = withLocation(inputs["dockerfile"], args.Dockerfile.Location)
		}
	}
	bag, err := props.Write(inputs)
	return &pulumirpc.CheckResponse{Inputs: bag, Failures: failures}, err
}

func withLocation(dockerfile resource.PropertyValue, location string) resource.PropertyValue {
	bag := resource.PropertyMap{}
	if given := props.Unwrap(dockerfile); given.IsObject() {
		bag = given.ObjectValue().Copy()
	}
	bag["location"] = resource.NewStringProperty(location)
	return resource.NewObjectProperty(bag)
}

// Diff compares the inputs, but for the passwords of registries, and hashes the context. Nothing replaces an image.
func (p *provider) Diff(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	state, err := props.Read(req.GetOlds())
	if err != nil {
		return nil, err
	}
	inputs, err := props.Read(req.GetNews())
	if err != nil {
		return nil, err
	}
	if isIndex(req.GetUrn()) {
		return diffIndex(state, inputs)
	}
	olds, failures := readArguments(state)
	news, more := readArguments(inputs)
	if failures = append(failures, more...); len(failures) > 0 {
		return nil, fmt.Errorf("%s: %s", failures[0].GetProperty(), failures[0].GetReason())
	}
	changed := differences(olds, news)
	hash, err := contextHash(news)
	if err != nil {
		return nil, err
	}
	if hash != props.String(state, "contextHash") || (news.Pull && news.exported()) {
		changed = append(changed, "contextHash")
	}
	response := &pulumirpc.DiffResponse{
		Changes: pulumirpc.DiffResponse_DIFF_NONE, HasDetailedDiff: true, DetailedDiff: map[string]*pulumirpc.PropertyDiff{},
	}
	for _, property := range changed {
		response.Changes = pulumirpc.DiffResponse_DIFF_SOME
		response.Diffs = append(response.Diffs, property)
		response.DetailedDiff[property] = &pulumirpc.PropertyDiff{Kind: pulumirpc.PropertyDiff_UPDATE}
	}
	return response, nil
}

func (p *provider) Create(ctx context.Context, req *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	inputs, err := props.Read(req.GetProperties())
	if err != nil {
		return nil, err
	}
	if isIndex(req.GetUrn()) {
		outputs, err := p.makeIndex(ctx, req.GetUrn(), inputs, req.GetPreview())
		if err != nil {
			return nil, err
		}
		bag, err := props.Write(outputs)
		return &pulumirpc.CreateResponse{Id: urn.URN(req.GetUrn()).Name(), Properties: bag}, err
	}
	id, outputs, err := p.make(ctx, req.GetUrn(), inputs, nil, req.GetPreview())
	if err != nil {
		return nil, err
	}
	bag, err := props.Write(outputs)
	return &pulumirpc.CreateResponse{Id: id, Properties: bag}, err
}

// Update builds anew; what was pushed before stays.
func (p *provider) Update(ctx context.Context, req *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	inputs, err := props.Read(req.GetNews())
	if err != nil {
		return nil, err
	}
	if isIndex(req.GetUrn()) {
		outputs, err := p.makeIndex(ctx, req.GetUrn(), inputs, req.GetPreview())
		if err != nil {
			return nil, err
		}
		bag, err := props.Write(outputs)
		return &pulumirpc.UpdateResponse{Properties: bag}, err
	}
	olds, err := props.Read(req.GetOlds())
	if err != nil {
		return nil, err
	}
	_, outputs, err := p.make(ctx, req.GetUrn(), inputs, olds, req.GetPreview())
	if err != nil {
		return nil, err
	}
	bag, err := props.Write(outputs)
	return &pulumirpc.UpdateResponse{Properties: bag}, err
}

// Read asks the registry which tags are still what was pushed. An image without any of its tags is gone.
func (p *provider) Read(ctx context.Context, req *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	state, err := props.Read(req.GetProperties())
	if err != nil {
		return nil, err
	}
	if isIndex(req.GetUrn()) {
		return p.readIndexState(ctx, req, state)
	}
	unchanged := &pulumirpc.ReadResponse{Id: req.GetId(), Properties: req.GetProperties(), Inputs: req.GetInputs()}
	args, failures := readArguments(state)
	digest := props.String(state, "digest")
	if len(failures) > 0 || !args.exported() || digest == "" {
		return unchanged, nil
	}
	var kept []resource.PropertyValue
	for _, tag := range args.Tags {
		there, err := has(ctx, tag, digest)
		if err != nil {
			p.engine.Warn(req.GetUrn(), "unable to verify image tags, leaving state unchanged: "+err.Error())
			return unchanged, nil
		}
		if there {
			kept = append(kept, resource.NewStringProperty(tag))
		}
	}
	if len(kept) == 0 {
		return &pulumirpc.ReadResponse{}, nil
	}
	state["tags"] = resource.NewArrayProperty(kept)
	bag, err := props.Write(state)
	return &pulumirpc.ReadResponse{Id: req.GetId(), Properties: bag, Inputs: req.GetInputs()}, err
}

// Delete takes the image out of its registry where it can; one that refuses keeps it, which is no error.
func (p *provider) Delete(ctx context.Context, req *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	state, err := props.Read(req.GetProperties())
	if err != nil {
		return nil, err
	}
	if isIndex(req.GetUrn()) {
		deleteIndex(ctx, state)
		return &emptypb.Empty{}, nil
	}
	args, _ := readArguments(state)
	if digest := props.String(state, "digest"); digest != "" {
		for _, tag := range args.Tags {
			_ = remove(ctx, tag, digest)
		}
	}
	return &emptypb.Empty{}, nil
}
