package language

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"

	"ai-platform/sandbox/plugins/internal/host"
)

// policyPack stands between the engine and a policy pack. The engine tells the stack's name and configuration only once
// it is connected, but a Node.js program reads them from its environment when it starts: so the pack starts when the
// engine has told, and from then on every call is passed on.
type policyPack struct {
	pulumirpc.UnimplementedAnalyzerServer
	ctx     context.Context
	program child

	once   sync.Once
	client pulumirpc.AnalyzerClient
	err    error
	exited chan exit
}

type exit struct {
	code int
	err  error
}

// runPolicyPack serves in the pack's place until the pack ends.
func runPolicyPack(ctx context.Context, program child) (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	pack := &policyPack{ctx: ctx, program: program, exited: make(chan exit, 1)}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(host.MaxMessage), grpc.MaxSendMsgSize(host.MaxMessage))
	pulumirpc.RegisterAnalyzerServer(server, pack)
	defer server.Stop()
	go func() { _ = server.Serve(listener) }()
	if _, err := fmt.Fprintf(program.stdout, "%d\n", listener.Addr().(*net.TCPAddr).Port); err != nil {
		return 0, err
	}
	select {
	case end := <-pack.exited:
		return end.code, end.err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// start runs the pack with what the engine told, and connects to it.
func (p *policyPack) start(stack *pulumirpc.AnalyzerStackConfigureRequest) (pulumirpc.AnalyzerClient, error) {
	p.once.Do(func() {
		env, err := stackEnv(stack)
		if err != nil {
			p.err = err
			return
		}
		p.program.env = append(p.program.env, env...)
		ports := make(chan string, 1)
		p.program.stdout = &firstLine{line: ports, rest: p.program.stdout}
		ended := make(chan exit, 1)
		go func() {
			code, err := p.program.run(p.ctx)
			ended <- exit{code, err}
		}()
		select {
		case end := <-ended:
			p.err = fmt.Errorf("the policy pack ended with exit code %d before it was ready", end.code)
			p.exited <- end
			return
		case port := <-ports:
			go func() { p.exited <- <-ended }()
			p.client, p.err = connect(port)
		}
	})
	return p.client, p.err
}

func connect(port string) (pulumirpc.AnalyzerClient, error) {
	if _, err := strconv.Atoi(port); err != nil {
		return nil, fmt.Errorf("the policy pack printed %q where its port was expected: a policy pack must not write to stdout while it loads", port)
	}
	conn, err := grpc.NewClient("127.0.0.1:"+port, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(host.MaxMessage), grpc.MaxCallSendMsgSize(host.MaxMessage)))
	if err != nil {
		return nil, err
	}
	return pulumirpc.NewAnalyzerClient(conn), nil
}

// stackEnv is what a Pulumi program, too, has in its environment.
func stackEnv(stack *pulumirpc.AnalyzerStackConfigureRequest) ([]string, error) {
	if stack == nil {
		return nil, nil
	}
	config, err := json.Marshal(nonNil(stack.GetConfig()))
	if err != nil {
		return nil, err
	}
	secretKeys, err := json.Marshal(append([]string{}, stack.GetConfigSecretKeys()...))
	if err != nil {
		return nil, err
	}
	return []string{
		"PULUMI_NODEJS_ORGANIZATION=" + stack.GetOrganization(),
		"PULUMI_NODEJS_PROJECT=" + stack.GetProject(),
		"PULUMI_NODEJS_STACK=" + stack.GetStack(),
		"PULUMI_NODEJS_DRY_RUN=" + strconv.FormatBool(stack.GetDryRun()),
		"PULUMI_CONFIG=" + string(config),
		"PULUMI_CONFIG_SECRET_KEYS=" + string(secretKeys),
	}, nil
}

// firstLine gives the first line to a channel and passes the rest on.
type firstLine struct {
	line    chan<- string
	pending []byte
	done    bool
	rest    io.Writer
}

func (f *firstLine) Write(b []byte) (int, error) {
	if f.done {
		return f.rest.Write(b)
	}
	f.pending = append(f.pending, b...)
	line, rest, found := bytes.Cut(f.pending, []byte("\n"))
	if !found {
		return len(b), nil
	}
	f.done = true
	f.line <- strings.TrimSpace(string(line))
	if len(rest) > 0 {
		if _, err := f.rest.Write(rest); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

// forward makes a call of the pack, which starts now where the engine had nothing to tell.
func forward[Request, Response any](ctx context.Context, p *policyPack, req Request, call func(pulumirpc.AnalyzerClient, context.Context, Request, ...grpc.CallOption) (Response, error)) (Response, error) {
	client, err := p.start(nil)
	if err != nil {
		var none Response
		return none, err
	}
	return call(client, ctx, req)
}

func (p *policyPack) ConfigureStack(ctx context.Context, req *pulumirpc.AnalyzerStackConfigureRequest) (*pulumirpc.AnalyzerStackConfigureResponse, error) {
	client, err := p.start(req)
	if err != nil {
		return nil, err
	}
	return client.ConfigureStack(ctx, req)
}

// Handshake tells a pack nothing that it does not learn otherwise.
func (p *policyPack) Handshake(context.Context, *pulumirpc.AnalyzerHandshakeRequest) (*pulumirpc.AnalyzerHandshakeResponse, error) {
	return &pulumirpc.AnalyzerHandshakeResponse{}, nil
}

func (p *policyPack) Analyze(ctx context.Context, req *pulumirpc.AnalyzeRequest) (*pulumirpc.AnalyzeResponse, error) {
	return forward(ctx, p, req, pulumirpc.AnalyzerClient.Analyze)
}

func (p *policyPack) AnalyzeStack(ctx context.Context, req *pulumirpc.AnalyzeStackRequest) (*pulumirpc.AnalyzeResponse, error) {
	return forward(ctx, p, req, pulumirpc.AnalyzerClient.AnalyzeStack)
}

func (p *policyPack) Remediate(ctx context.Context, req *pulumirpc.AnalyzeRequest) (*pulumirpc.RemediateResponse, error) {
	return forward(ctx, p, req, pulumirpc.AnalyzerClient.Remediate)
}

func (p *policyPack) GetAnalyzerInfo(ctx context.Context, req *emptypb.Empty) (*pulumirpc.AnalyzerInfo, error) {
	return forward(ctx, p, req, pulumirpc.AnalyzerClient.GetAnalyzerInfo)
}

func (p *policyPack) GetPluginInfo(ctx context.Context, req *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return forward(ctx, p, req, pulumirpc.AnalyzerClient.GetPluginInfo)
}

func (p *policyPack) Configure(ctx context.Context, req *pulumirpc.ConfigureAnalyzerRequest) (*emptypb.Empty, error) {
	return forward(ctx, p, req, pulumirpc.AnalyzerClient.Configure)
}
