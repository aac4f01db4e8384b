package language

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/google/shlex"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// killGrace is how long a program may take to end after SIGTERM, and its output to end after it.
const killGrace = 2 * time.Second

// options are `runtime.options` of Pulumi.yaml or PulumiPolicy.yaml.
type options struct {
	// typescript runs the program through ts-node. Pulumi's default is true.
	typescript bool
	// nodeargs go to node before the program, e.g. "--import tsx".
	nodeargs []string
}

func parseOptions(info *pulumirpc.ProgramInfo) (options, error) {
	parsed := options{typescript: true}
	fields := info.GetOptions().GetFields()
	if value, set := fields["typescript"]; set {
		parsed.typescript = value.GetBoolValue()
	}
	args, err := shlex.Split(fields["nodeargs"].GetStringValue())
	if err != nil {
		return parsed, fmt.Errorf("runtime option nodeargs: %w", err)
	}
	parsed.nodeargs = args
	return parsed, nil
}

func (o options) env() []string {
	if o.typescript {
		return []string{"PULUMI_NODEJS_TYPESCRIPT=true"}
	}
	return nil
}

// resolve finds a file of a package as node does: in node_modules of the folder and of its parents.
func resolve(dir string, file ...string) (string, error) {
	inModules := filepath.Join(append([]string{"node_modules"}, file...)...)
	for folder := dir; ; folder = filepath.Dir(folder) {
		candidate := filepath.Join(folder, inModules)
		if _, err := os.Stat(candidate); err == nil {
			return candidate, nil
		}
		if folder == filepath.Dir(folder) {
			return "", fmt.Errorf("cannot find %s from %s: run npm ci there first", filepath.ToSlash(inModules), dir)
		}
	}
}

// copied keeps node from getting this process's own stream: node may set it to non-blocking, and writes to it from here
// would then fail.
type copied struct{ io.Writer }

// child is a node process with its own process group.
type child struct {
	dir            string
	args           []string
	env            []string
	stdout, stderr io.Writer
}

// run returns the exit code. Cancelling the context, which gRPC does when the engine is gone, ends the whole group.
func (c child) run(ctx context.Context) (int, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return 0, errors.New("node is not on PATH: install Node.js 20 or newer")
	}
	cmd := exec.Command(node, c.args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = c.dir, c.env, c.stdout, c.stderr
	cmd.SysProcAttr, cmd.WaitDelay = processAttributes(), killGrace

	result := make(chan error, 1)
	started := make(chan error, 1)
	go func() {
		// The kernel's parent-death signal follows the thread that started the child: keep that thread.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			result <- cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return 0, err
	}
	select {
	case err = <-result:
	case <-ctx.Done():
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
		select {
		case <-result:
		case <-time.After(killGrace):
		}
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		return 0, ctx.Err()
	}
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil // the program has ended well; something that it started still holds its output
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			return 128 + int(status.Signal()), nil
		}
		return exit.ExitCode(), nil
	}
	return 0, err
}

// manifest is the part of a package.json that matters to Pulumi.
type manifest struct {
	Name            string            `json:"name"`
	Version         string            `json:"version"`
	Main            string            `json:"main"`
	Dependencies    map[string]string `json:"dependencies"`
	DevDependencies map[string]string `json:"devDependencies"`
	Pulumi          *struct {
		Resource bool   `json:"resource"`
		Name     string `json:"name"`
		Version  string `json:"version"`
		Server   string `json:"server"`
	} `json:"pulumi"`
}

func readManifest(path string) (*manifest, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var parsed manifest
	if err := json.Unmarshal(content, &parsed); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &parsed, nil
}
