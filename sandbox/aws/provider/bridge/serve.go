package bridge

import (
	"context"
	"errors"
	"os"
	"strings"

	pfbridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	rprovider "github.com/pulumi/pulumi/pkg/v3/resource/provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// noSchema stands for the package's schema, which only code generators and documentation ask a plugin for.
var noSchema = []byte(`{"name":"aws"}`)

// Serve answers the engine until it goes away.
//
// The endpoint is also the proxy of every request to another host: names such as 123456789012.127.0.0.1, which the AWS
// SDK makes of an account and the endpoint, arrive there without a name server, and nothing can leave this machine.
func Serve(ctx context.Context, info tfbridge.ProviderInfo) error {
	endpoint := os.Getenv("AWS_ENDPOINT_URL")
	for name, value := range map[string]string{"HTTP_PROXY": endpoint, "HTTPS_PROXY": endpoint, "NO_PROXY": ""} {
		for _, variable := range []string{name, strings.ToLower(name)} {
			if err := os.Setenv(variable, value); err != nil {
				return err
			}
		}
	}
	serve := pfbridge.MakeMuxedServer(ctx, info.Name, info, noSchema)
	return rprovider.Main(info.Name, func(host *rprovider.HostClient) (pulumirpc.ResourceProviderServer, error) {
		server, err := serve(host)
		return &simulated{ResourceProviderServer: server, host: host}, err
	})
}

// simulated is the provider with its one restriction: it never talks to AWS itself.
type simulated struct {
	pulumirpc.ResourceProviderServer
	host *rprovider.HostClient
}

// Configure refuses to start without an endpoint: the AWS SDK would then choose Amazon's.
func (s *simulated) Configure(ctx context.Context, req *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	endpoint := os.Getenv("AWS_ENDPOINT_URL")
	if endpoint == "" {
		return nil, errors.New("AWS_ENDPOINT_URL is not set: this plugin serves the simulated AWS only. " +
			"Deploying to AWS needs the official Pulumi CLI with its AWS plugin (https://www.pulumi.com/docs/install/)")
	}
	if s.host != nil {
		_ = s.host.Log(ctx, diag.Info, urn.URN(req.GetUrn()), "AWS is simulated at "+endpoint+": no account is read or changed.")
	}
	return s.ResourceProviderServer.Configure(ctx, req)
}
