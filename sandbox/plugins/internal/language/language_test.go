package language

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
)

func write(t *testing.T, file, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func info(t *testing.T, options map[string]any) *pulumirpc.ProgramInfo {
	t.Helper()
	fields, err := structpb.NewStruct(options)
	if err != nil {
		t.Fatal(err)
	}
	return &pulumirpc.ProgramInfo{Options: fields}
}

func TestOptions(t *testing.T) {
	if o, err := parseOptions(&pulumirpc.ProgramInfo{}); err != nil || !o.typescript || len(o.nodeargs) != 0 {
		t.Errorf("defaults are %v %v", o, err)
	}
	o, err := parseOptions(info(t, map[string]any{"typescript": false, "nodeargs": `--import "a b" --x`}))
	if err != nil || o.typescript || strings.Join(o.nodeargs, "|") != "--import|a b|--x" || len(o.env()) != 0 {
		t.Errorf("got %v %v", o, err)
	}
	if _, err := parseOptions(info(t, map[string]any{"nodeargs": `"open`})); err == nil {
		t.Error("an open quote was accepted")
	}
}

func TestPackagesAreFoundWhereNodeFindsThem(t *testing.T) {
	root := t.TempDir()
	modules := filepath.Join(root, "node_modules")
	write(t, filepath.Join(modules, "@pulumi/kubernetes/package.json"), `{"name":"@pulumi/kubernetes","version":"4.0.0","pulumi":{"resource":true,"name":"kubernetes","version":"4.1.0"}}`)
	write(t, filepath.Join(modules, "@other/thing/package.json"), `{"name":"@other/thing","version":"1.2.3","pulumi":{"resource":true}}`)
	write(t, filepath.Join(modules, "@pulumi/pulumi/package.json"), `{"name":"@pulumi/pulumi","version":"3.0.0","keywords":["pulumi"]}`)
	program := filepath.Join(root, "programs", "one")
	write(t, filepath.Join(program, "package.json"), `{"dependencies":{"@pulumi/pulumi":"^3.0.0","missing":"^1.0.0"}}`)

	h := &languageHost{}
	required, err := h.GetRequiredPackages(t.Context(), &pulumirpc.GetRequiredPackagesRequest{Info: &pulumirpc.ProgramInfo{ProgramDirectory: program}})
	if err != nil {
		t.Fatal(err)
	}
	versions := map[string]string{}
	for _, p := range required.Packages {
		versions[p.Name] = p.Version
	}
	if len(versions) != 2 || versions["kubernetes"] != "4.1.0" || versions["thing"] != "1.2.3" {
		t.Errorf("got %v", versions)
	}
	dependencies, err := h.GetProgramDependencies(t.Context(), &pulumirpc.GetProgramDependenciesRequest{Info: &pulumirpc.ProgramInfo{ProgramDirectory: program}})
	if err != nil || len(dependencies.Dependencies) != 2 || dependencies.Dependencies[0].Version != "3.0.0" || dependencies.Dependencies[1].Version != "^1.0.0" {
		t.Errorf("got %v %v", dependencies, err)
	}
	if _, err := resolve(t.TempDir(), "@pulumi", "pulumi"); err == nil || !strings.Contains(err.Error(), "npm ci") {
		t.Errorf("a missing package gives %v", err)
	}
}

func TestExitCodes(t *testing.T) {
	for code, script := range map[int]string{0: "", 32: "process.exit(32)", 137: "process.kill(process.pid, 'SIGKILL')"} {
		got, err := child{dir: t.TempDir(), args: []string{"-e", script}, env: os.Environ()}.run(t.Context())
		if err != nil || got != code {
			t.Errorf("%q ended with %d, %v", script, got, err)
		}
	}
}

func TestCancellationEndsTheWholeGroup(t *testing.T) {
	dir := t.TempDir()
	script := `const c = require("child_process").spawn("sleep", ["1000"]); require("fs").writeFileSync("pid", String(c.pid)); setInterval(() => {}, 1000)`
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := child{dir: dir, args: []string{"-e", script}, env: os.Environ()}.run(ctx)
		done <- err
	}()
	pid := 0
	for started := time.Now(); pid == 0 && time.Since(started) < 20*time.Second; time.Sleep(50 * time.Millisecond) {
		content, _ := os.ReadFile(filepath.Join(dir, "pid"))
		pid, _ = strconv.Atoi(string(content))
	}
	cancel()
	if err := <-done; err == nil {
		t.Error("a cancelled program ended well")
	}
	for started := time.Now(); syscall.Kill(pid, 0) == nil && !zombie(pid); time.Sleep(50 * time.Millisecond) {
		if time.Since(started) > 5*time.Second {
			t.Fatalf("process %d of the program is still there", pid)
		}
	}
}

// zombie: without an init process that reaps, a dead grandchild stays listed.
func zombie(pid int) bool {
	content, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && strings.Contains(string(content), ") Z ")
}
