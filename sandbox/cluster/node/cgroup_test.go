package node

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestFindsEveryHierarchyOnce(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"memory", "cpu,cpuacct", "unified"} {
		write(t, filepath.Join(root, name, "cgroup.procs"), "")
	}
	if err := os.Symlink("cpu,cpuacct", filepath.Join(root, "cpu")); err != nil {
		t.Fatal(err)
	}
	groups, err := FindCgroups(root, "/state")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, mount := range groups.mounts {
		names = append(names, filepath.Base(mount))
	}
	if groups.unified || !slices.Equal(names, []string{"cpu,cpuacct", "memory", "unified"}) {
		t.Errorf("unified %v, hierarchies %v", groups.unified, names)
	}
}

func TestNamesTellStateFoldersApart(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "cgroup.controllers"), "cpu")
	a, errA := FindCgroups(root, "/home/a")
	b, errB := FindCgroups(root, "/home/b")
	if errA != nil || errB != nil || a.Name == b.Name || !strings.HasPrefix(a.Name, "/ai-platform-") {
		t.Error(a.Name, b.Name, errA, errB)
	}
}

func TestUnifiedGroupsPassTheirControllersOn(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "cgroup.controllers"), "cpu memory")
	groups, err := FindCgroups(root, "/state")
	if err != nil {
		t.Fatal(err)
	}
	// The kernel makes this file with the folder.
	write(t, filepath.Join(root, groups.Name, "cgroup.controllers"), "cpu memory")
	if err := groups.Create(); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{root, root + groups.Name} {
		if got := read(t, filepath.Join(dir, "cgroup.subtree_control")); got != "+memory" {
			t.Errorf("%s: last write was %q", dir, got)
		}
	}
	if exists(filepath.Join(groups.own(root), "cgroup.subtree_control")) {
		t.Error("a group with processes must not pass controllers on")
	}
}

func TestGroupsOfThisMachine(t *testing.T) {
	if os.Geteuid() != 0 || !exists(cgroupMounts) {
		t.Skip("needs root and cgroups")
	}
	groups, err := FindCgroups(cgroupMounts, t.TempDir())
	if err != nil {
		t.Skip(err)
	}
	if err := groups.Create(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := groups.Remove(5 * time.Second); err != nil {
			t.Error(err)
		}
		for _, mount := range groups.mounts {
			if exists(mount + groups.Name) {
				t.Errorf("%s is left", mount+groups.Name)
			}
		}
	}()
	child := exec.Command("sleep", "60")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = child.Process.Kill(); _ = child.Wait() }()
	if err := groups.Adopt(child.Process.Pid); err != nil {
		t.Fatal(err)
	}
	membership := read(t, "/proc/"+strconv.Itoa(child.Process.Pid)+"/cgroup")
	if got := strings.Count(membership, groups.Name+"/node\n"); got != len(groups.mounts) {
		t.Errorf("in %d of %d hierarchies:\n%s", got, len(groups.mounts), membership)
	}
}
