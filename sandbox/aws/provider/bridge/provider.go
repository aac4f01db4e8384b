// Package bridge describes the AWS provider to Pulumi's Terraform bridge: which Terraform type each type of @pulumi/aws
// is, what its properties are called, and what the bridge cannot derive by its rules.
package bridge

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"github.com/hashicorp/terraform-provider-aws/export"
	pfbridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/x/muxer"
	"github.com/pulumi/pulumi-terraform-bridge/v3/unstable/metadata"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

var (
	//go:embed resources.json
	resourceTypes []byte
	//go:embed functions.json
	functions []byte
)

// maxName is the longest automatic name: what the official plugin sets for every property called "name".
const maxName = 255

// Provider describes the provider. The Terraform provider has two halves, resources written with its older and with
// its newer framework; the bridge sends each call to the half that has the type.
func Provider(ctx context.Context) (tfbridge.ProviderInfo, error) {
	framework, sdk, err := export.Providers(ctx)
	if err != nil {
		return tfbridge.ProviderInfo{}, err
	}
	info := tfbridge.ProviderInfo{
		P:              pfbridge.MuxShimWithPF(ctx, shimv2.NewProvider(sdk), framework),
		Name:           "aws",
		ResourcePrefix: "aws",
		Version:        versionOf(os.Args[0]),
		MetadataInfo:   tfbridge.NewProviderMetadata(nil),
		Config:         config(),
		Resources:      map[string]*tfbridge.ResourceInfo{},
		DataSources:    map[string]*tfbridge.DataSourceInfo{},
	}
	types, members := map[string]tokens.Type{}, map[string]tokens.ModuleMember{}
	if err := json.Unmarshal(resourceTypes, &types); err != nil {
		return info, fmt.Errorf("resources.json: %w", err)
	}
	if err := json.Unmarshal(functions, &members); err != nil {
		return info, fmt.Errorf("functions.json: %w", err)
	}
	for name, token := range types {
		info.Resources[name] = &tfbridge.ResourceInfo{Tok: token, Fields: fields[name]}
	}
	for name, token := range members {
		info.DataSources[name] = &tfbridge.DataSourceInfo{Tok: token, Fields: functionFields[name]}
	}
	info.SetAutonaming(maxName, "-")
	return info, dispatch(&info)
}

// dispatch notes which half of the Terraform provider has each type. A published plugin does this when it is built.
func dispatch(info *tfbridge.ProviderInfo) error {
	mux, ok := info.P.(interface {
		ResolveDispatch(*tfbridge.ProviderInfo) (muxer.DispatchTable, error)
	})
	if !ok {
		return fmt.Errorf("the bridge cannot tell the halves of %T apart", info.P)
	}
	table, err := mux.ResolveDispatch(info)
	if err != nil {
		return err
	}
	return metadata.Set(info.GetMetadata(), "mux", table)
}

var versionedFolder = regexp.MustCompile(`^resource-.+-v(\d+\.\d+\.\d+.*)$`)

// versionOf is the version of the SDK package that this plugin answers for: the engine's plugin folder carries it.
func versionOf(executable string) string {
	if match := versionedFolder.FindStringSubmatch(filepath.Base(filepath.Dir(executable))); match != nil {
		return match[1]
	}
	return "0.0.0"
}
