package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"ai-platform/sandbox/cluster/config"
	"ai-platform/sandbox/cluster/netpol"
)

// tunables are the settings of the host's kernel that kubelet insists on, at the values that it wants to see.
// It would set them for the whole machine; it is shown files of these contents instead.
var tunables = map[string]string{
	"/proc/sys/vm/overcommit_memory":      "1\n",
	"/proc/sys/vm/panic_on_oom":           "0\n",
	"/proc/sys/kernel/panic":              "10\n",
	"/proc/sys/kernel/panic_on_oops":      "1\n",
	"/proc/sys/kernel/keys/root_maxkeys":  "1000000\n",
	"/proc/sys/kernel/keys/root_maxbytes": "25000000\n",
}

// programs maps the names of executables inside to where the host has them.
func programs(c config.Config) (map[string]string, error) {
	// Not /proc/self/exe: that file belongs to the host's mounts, which cannot be bound here.
	own, err := os.Executable()
	if c.Simulated != nil {
		return map[string]string{"ai-platform-node": own}, err
	}
	return map[string]string{"ai-platform-node": own, "coredns": c.CoreDNS, "pause": c.Pause}, err
}

// prepareMounts gives the node a private view of the machine's file system: its own folder at config.Root, its state
// in place of /var/lib, /var/log and /tmp, and /run, /proc and /sys of its own namespaces. All of it goes with them.
func prepareMounts(c config.Config) error {
	// Opened first, as the mounts may hide the paths: a state folder below /tmp or /var/lib is fine.
	state, err := os.Open(config.Host{StateDir: c.StateDir}.Node())
	if err != nil {
		return err
	}
	defer state.Close()
	opened := map[string]*os.File{}
	paths, err := programs(c)
	if err != nil {
		return err
	}
	for name, path := range paths {
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		opened[name] = file
	}

	steps := []func() error{
		// Nothing mounted here shows on the host, nor the other way round.
		func() error { return mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "") },
		func() error { return mount("tmpfs", "/run", "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755") },
		func() error { return bindDirectory(state, config.Root) },
		func() error { return bindPrograms(opened) },
		func() error {
			if c.Simulated != nil {
				return nil
			}
			return linkPlugins(c.CNIPlugins)
		},
		func() error { return bindInside("lib", "/var/lib") },
		func() error { return bindInside("log", "/var/log") },
		func() error { return emptyTemporary() },
		func() error { return bindInside("tmp", "/tmp") },
		func() error {
			return mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "")
		},
		maskTunables,
		replaceResolver,
		mountSys,
		// Mounts of the node show in its pods that ask for that (mountPropagation: HostToContainer).
		func() error { return mount("", "/", "", unix.MS_REC|unix.MS_SHARED, "") },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func mount(source, target, kind string, flags uintptr, data string) error {
	if err := unix.Mount(source, target, kind, flags, data); err != nil {
		return fmt.Errorf("mount %s at %s: %w", source, target, err)
	}
	return nil
}

func bindDirectory(source *os.File, target string) error {
	if err := os.MkdirAll(target, 0o755); err != nil {
		return err
	}
	return mount(fmt.Sprintf("/proc/self/fd/%d", source.Fd()), target, "", unix.MS_BIND|unix.MS_REC, "")
}

func bindInside(name, target string) error {
	source := filepath.Join(config.Root, name)
	if err := os.MkdirAll(source, 0o755); err != nil {
		return err
	}
	return mount(source, target, "", unix.MS_BIND, "")
}

func bindPrograms(opened map[string]*os.File) error {
	if err := os.MkdirAll(config.Programs, 0o755); err != nil {
		return err
	}
	for name, file := range opened {
		target := filepath.Join(config.Programs, name)
		if err := os.WriteFile(target, nil, 0o755); err != nil {
			return err
		}
		if err := mount(fmt.Sprintf("/proc/self/fd/%d", file.Fd()), target, "", unix.MS_BIND, ""); err != nil {
			return err
		}
	}
	return nil
}

// linkPlugins makes the folder that containerd calls CNI plugins from: the distribution's, and the node's own.
func linkPlugins(distribution string) error {
	if err := os.MkdirAll(config.Plugins, 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(distribution)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := os.Symlink(filepath.Join(distribution, entry.Name()), filepath.Join(config.Plugins, entry.Name())); err != nil {
			return err
		}
	}
	return os.Symlink(filepath.Join(config.Programs, "ai-platform-node"), filepath.Join(config.Plugins, netpol.PluginName))
}

// emptyTemporary drops what a killed run left, as a reboot would.
func emptyTemporary() error {
	dir := filepath.Join(config.Root, "tmp")
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o777); err != nil {
		return err
	}
	return os.Chmod(dir, 0o777|os.ModeSticky)
}

func maskTunables() error {
	masks := "/run/tunables"
	if err := os.MkdirAll(masks, 0o755); err != nil {
		return err
	}
	for path, value := range tunables {
		mask := filepath.Join(masks, filepath.Base(path))
		if err := os.WriteFile(mask, []byte(value), 0o444); err != nil {
			return err
		}
		if err := mount(mask, path, "", unix.MS_BIND, ""); err != nil {
			return err
		}
	}
	return nil
}

// replaceResolver gives the node's own programs the cluster's DNS server. The host's cannot be reached from here, and
// containerd would wait for it before it says that an image is nowhere to be had.
func replaceResolver() error {
	target := "/etc/resolv.conf"
	if link, err := os.Readlink(target); err == nil {
		if target = link; !filepath.IsAbs(link) {
			target = filepath.Join("/etc", link)
		}
	}
	if strings.HasPrefix(target, "/run/") { // the host's /run is not visible here, and this one is empty
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(target, nil, 0o644); err != nil {
			return err
		}
	}
	if !exists(target) {
		return nil
	}
	return mount(config.Files+"/node-resolv.conf", target, "", unix.MS_BIND, "")
}

// mountSys shows the node's own network devices in /sys and keeps the host's cgroup hierarchies below it.
func mountSys() error {
	aside := "/run/cgroup"
	if err := os.MkdirAll(aside, 0o755); err != nil {
		return err
	}
	if err := mount("/sys/fs/cgroup", aside, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return err
	}
	if err := mount("sysfs", "/sys", "sysfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return err
	}
	return mount(aside, "/sys/fs/cgroup", "", unix.MS_MOVE, "")
}

// setSysctl writes a kernel setting of the node's own network namespace.
func setSysctl(path, value string) error {
	err := os.WriteFile("/proc/sys/"+path, []byte(value), 0)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the kernel has no setting %s: is the module for it loaded? %w", path, err)
	}
	return err
}
