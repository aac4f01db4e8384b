// Command pulumi-resource-aws is the AWS provider of the simulated AWS: the Terraform AWS provider behind Pulumi's own
// Terraform bridge, which is what the official plugin is too. It has the services that the platform uses, and talks
// only to an endpoint that it is given.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/cmdutil"

	"ai-platform/sandbox/aws/provider/bridge"
)

func main() {
	ctx := context.Background()
	info, err := bridge.Provider(ctx)
	if err != nil {
		cmdutil.ExitError(err.Error())
	}
	if len(os.Args) == 2 && os.Args[1] == "names" {
		if err := json.NewEncoder(os.Stdout).Encode(bridge.NamesOf(info)); err != nil {
			cmdutil.ExitError(err.Error())
		}
		return
	}
	if err := bridge.Serve(ctx, info); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
