// Package language is the language host for Node.js programs and policy packs.
package language

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	"ai-platform/sandbox/plugins/internal/host"
)

// exitAfterReport is the exit code of a program that has already told the user what went wrong.
const exitAfterReport = 32

// Plugin serves pulumi-language-nodejs.
func Plugin(server *grpc.Server, _ *host.Engine) (func(), error) {
	ctx, cancel := context.WithCancel(context.Background())
	pulumirpc.RegisterLanguageRuntimeServer(server, &languageHost{alive: ctx, cancel: cancel})
	return cancel, nil
}

type languageHost struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
	engineAddress string
	alive         context.Context
	cancel        context.CancelFunc
}

func (h *languageHost) Handshake(_ context.Context, req *pulumirpc.LanguageHandshakeRequest) (*pulumirpc.LanguageHandshakeResponse, error) {
	h.engineAddress = req.GetEngineAddress()
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

func (h *languageHost) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: host.Version()}, nil
}

func (h *languageHost) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	h.cancel()
	return &emptypb.Empty{}, nil
}

// merged ends when the call ends or when the engine asks for it.
func (h *languageHost) merged(ctx context.Context) (context.Context, context.CancelFunc) {
	both, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(h.alive, cancel)
	return both, func() { stop(); cancel() }
}

// nonNil: a project without configuration sends none at all, and the SDK wants an object.
func nonNil(config map[string]string) map[string]string {
	if config == nil {
		return map[string]string{}
	}
	return config
}

func (h *languageHost) Run(ctx context.Context, req *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	ctx, cancel := h.merged(ctx)
	defer cancel()
	opts, err := parseOptions(req.GetInfo())
	if err != nil {
		return nil, err
	}
	dir := req.GetInfo().GetProgramDirectory()
	runner, err := resolve(dir, "@pulumi", "pulumi", "cmd", "run")
	if err != nil {
		return &pulumirpc.RunResponse{Error: err.Error()}, nil
	}
	config, err := json.Marshal(nonNil(req.GetConfig()))
	if err != nil {
		return nil, err
	}
	secretKeys, err := json.Marshal(append([]string{}, req.GetConfigSecretKeys()...))
	if err != nil {
		return nil, err
	}
	args := append(opts.nodeargs, runner)
	flag := func(name, value string) {
		if value != "" {
			args = append(args, "--"+name+"="+value)
		}
	}
	flag("monitor", req.GetMonitorAddress())
	flag("engine", h.engineAddress)
	flag("organization", req.GetOrganization())
	flag("project", req.GetProject())
	flag("root-directory", req.GetInfo().GetRootDirectory())
	flag("stack", req.GetStack())
	flag("pwd", req.GetPwd())
	if req.GetDryRun() {
		flag("dry-run", "true")
	}
	flag("parallel", strconv.Itoa(int(req.GetParallel())))
	args = append(append(args, req.GetInfo().GetEntryPoint()), req.GetArgs()...)

	env := append(os.Environ(), opts.env()...)
	env = append(env, "PULUMI_CONFIG="+string(config), "PULUMI_CONFIG_SECRET_KEYS="+string(secretKeys))
	code, err := child{dir: req.GetPwd(), args: args, env: env, stdout: copied{os.Stdout}, stderr: copied{os.Stderr}}.run(ctx)
	switch {
	case err != nil:
		return &pulumirpc.RunResponse{Error: err.Error()}, nil
	case code == exitAfterReport:
		return &pulumirpc.RunResponse{Bail: true}, nil
	case code != 0:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("the program ended with exit code %d", code)}, nil
	}
	return &pulumirpc.RunResponse{}, nil
}

// InstallDependencies never reaches for the network: the project's own lockfile decides, and npm ci reads it.
func (h *languageHost) InstallDependencies(req *pulumirpc.InstallDependenciesRequest, stream grpc.ServerStreamingServer[pulumirpc.InstallDependenciesResponse]) error {
	dir := req.GetInfo().GetProgramDirectory()
	if _, err := resolve(dir, "@pulumi", "pulumi"); err != nil {
		return err
	}
	return stream.Send(&pulumirpc.InstallDependenciesResponse{Stdout: []byte("The packages of " + dir + " are installed; to change them run npm ci or npm install.\n")})
}

func (h *languageHost) About(ctx context.Context, _ *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, err
	}
	version, err := exec.CommandContext(ctx, node, "--version").Output()
	if err != nil {
		return nil, err
	}
	return &pulumirpc.AboutResponse{Executable: node, Version: strings.TrimSpace(string(version))}, nil
}

// GetProgramDependencies lists the packages that the program's package.json names, at the versions that are installed.
func (h *languageHost) GetProgramDependencies(_ context.Context, req *pulumirpc.GetProgramDependenciesRequest) (*pulumirpc.GetProgramDependenciesResponse, error) {
	dir := req.GetInfo().GetProgramDirectory()
	root, err := readManifest(filepath.Join(dir, "package.json"))
	if err != nil {
		return nil, err
	}
	var found []*pulumirpc.DependencyInfo
	for _, group := range []map[string]string{root.Dependencies, root.DevDependencies} {
		for name, wanted := range group {
			version := wanted
			if file, err := resolve(dir, name, "package.json"); err == nil {
				if installed, err := readManifest(file); err == nil {
					version = installed.Version
				}
			}
			found = append(found, &pulumirpc.DependencyInfo{Name: name, Version: version})
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].Name < found[j].Name })
	return &pulumirpc.GetProgramDependenciesResponse{Dependencies: found}, nil
}
