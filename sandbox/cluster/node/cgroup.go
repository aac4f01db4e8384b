package node

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Cgroups is one subtree of the same name in every cgroup hierarchy of the host: all that a node may leave there.
type Cgroups struct {
	// Name is the subtree's path below each mount, like /ai-platform-1a2b3c4d.
	Name string
	// unified is set for cgroup v2 alone; mounts are then one.
	unified bool
	mounts  []string
}

// v2Controllers are those that pods need. The subtree passes them on to its children.
var v2Controllers = []string{"cpuset", "cpu", "io", "memory", "hugetlb", "pids"}

// FindCgroups names the subtree of a state folder in the hierarchies mounted at root.
func FindCgroups(root, stateDir string) (Cgroups, error) {
	sum := sha256.Sum256([]byte(stateDir))
	c := Cgroups{Name: "/ai-platform-" + hex.EncodeToString(sum[:4])}
	if _, err := os.Stat(filepath.Join(root, "cgroup.controllers")); err == nil {
		c.unified, c.mounts = true, []string{root}
		return c, nil
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		return c, err
	}
	for _, entry := range entries {
		mount := filepath.Join(root, entry.Name())
		// Links like cpu -> cpu,cpuacct name a hierarchy a second time.
		if entry.IsDir() && exists(filepath.Join(mount, "cgroup.procs")) {
			c.mounts = append(c.mounts, mount)
		}
	}
	if len(c.mounts) == 0 {
		return c, fmt.Errorf("no cgroup hierarchy is mounted below %s", root)
	}
	return c, nil
}

// Create makes the subtree and, in it, the group of the node's own processes.
func (c Cgroups) Create() error {
	for _, mount := range c.mounts {
		if c.unified {
			if err := enableControllers(mount); err != nil {
				return err
			}
		}
		for _, dir := range []string{mount + c.Name, c.own(mount)} {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return err
			}
			if err := inheritCpuset(dir); err != nil {
				return err
			}
			if c.unified && dir != c.own(mount) {
				if err := enableControllers(dir); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// Adopt moves a process, and so all that it will start, into the node's own group.
func (c Cgroups) Adopt(pid int) error {
	for _, mount := range c.mounts {
		if err := os.WriteFile(filepath.Join(c.own(mount), "cgroup.procs"), []byte(strconv.Itoa(pid)), 0); err != nil {
			return err
		}
	}
	return nil
}

func (c Cgroups) own(mount string) string { return mount + c.Name + "/node" }

// Remove deletes the subtree. The kernel empties a killed process's group a moment after its end, hence the patience.
func (c Cgroups) Remove(patience time.Duration) error {
	deadline := time.Now().Add(patience)
	for _, mount := range c.mounts {
		for {
			err := removeTree(mount + c.Name)
			if err == nil {
				break
			}
			if time.Now().After(deadline) {
				return err
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	return nil
}

// removeTree removes cgroups from the leaves up: their files go with them and cannot be removed.
func removeTree(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.IsDir() {
			if err := removeTree(filepath.Join(dir, entry.Name())); err != nil {
				return err
			}
		}
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// inheritCpuset gives a v1 cpuset the processors and memory nodes of its parent: a new one is empty and takes no process.
func inheritCpuset(dir string) error {
	for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
		parent, err := os.ReadFile(filepath.Join(filepath.Dir(dir), file))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		own, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			return err
		}
		if strings.TrimSpace(string(own)) != "" || strings.TrimSpace(string(parent)) == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, file), parent, 0); err != nil {
			return err
		}
	}
	return nil
}

func enableControllers(dir string) error {
	available, err := os.ReadFile(filepath.Join(dir, "cgroup.controllers"))
	if err != nil {
		return err
	}
	offered := strings.Fields(string(available))
	for _, controller := range v2Controllers {
		for _, offer := range offered {
			if offer != controller {
				continue
			}
			if err := os.WriteFile(filepath.Join(dir, "cgroup.subtree_control"), []byte("+"+controller), 0); err != nil {
				return fmt.Errorf("pass the cgroup controller %s on below %s: %w", controller, dir, err)
			}
		}
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
