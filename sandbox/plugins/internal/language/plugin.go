package language

import (
	"io"
	"os"
	"sync"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// RunPlugin starts a plugin that is itself a Node.js program: a policy pack, or a component provider.
func (h *languageHost) RunPlugin(req *pulumirpc.RunPluginRequest, stream grpc.ServerStreamingServer[pulumirpc.RunPluginResponse]) error {
	ctx, cancel := h.merged(stream.Context())
	defer cancel()
	opts, err := parseOptions(req.GetInfo())
	if err != nil {
		return err
	}
	isPolicyPack := req.GetKind() == "analyzer"
	runnerName := "run-plugin"
	if isPolicyPack {
		runnerName = "run-policy-pack"
	}
	dir := req.GetInfo().GetProgramDirectory()
	runner, err := resolve(dir, "@pulumi", "pulumi", "cmd", runnerName)
	if err != nil {
		return err
	}
	out := &pluginOutput{stream: stream}
	program := child{
		dir: req.GetPwd(), args: append(opts.nodeargs, runner), env: append(append(os.Environ(), req.GetEnv()...), opts.env()...),
		stdout: out.stdout(), stderr: out.stderr(),
	}
	var code int
	if isPolicyPack {
		// Policy packs read their own package.json from the folder they run in, and take their folder last.
		program.dir, program.args = dir, append(append(program.args, req.GetArgs()...), dir)
		code, err = runPolicyPack(ctx, program)
	} else {
		program.args = append(append(program.args, dir), req.GetArgs()...)
		code, err = program.run(ctx)
	}
	if err != nil {
		return err
	}
	return out.send(&pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Exitcode{Exitcode: int32(code)}})
}

// pluginOutput sends a child's streams over one gRPC stream, which takes one message at a time.
type pluginOutput struct {
	mu     sync.Mutex
	stream grpc.ServerStreamingServer[pulumirpc.RunPluginResponse]
}

func (o *pluginOutput) send(message *pulumirpc.RunPluginResponse) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.stream.Send(message)
}

type writerFunc func([]byte) (int, error)

func (w writerFunc) Write(b []byte) (int, error) { return w(b) }

func (o *pluginOutput) writer(message func([]byte) *pulumirpc.RunPluginResponse) io.Writer {
	return writerFunc(func(b []byte) (int, error) {
		if err := o.send(message(append([]byte{}, b...))); err != nil {
			return 0, err
		}
		return len(b), nil
	})
}

func (o *pluginOutput) stdout() io.Writer {
	return o.writer(func(b []byte) *pulumirpc.RunPluginResponse {
		return &pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Stdout{Stdout: b}}
	})
}

func (o *pluginOutput) stderr() io.Writer {
	return o.writer(func(b []byte) *pulumirpc.RunPluginResponse {
		return &pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Stderr{Stderr: b}}
	})
}
