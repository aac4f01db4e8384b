// Package node runs a Kubernetes node with its control plane in namespaces of its own, and the process on the host that
// stands before it.
package node

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"ai-platform/sandbox/cluster/config"
	"ai-platform/sandbox/cluster/gate"
)

const (
	cgroupMounts = "/sys/fs/cgroup"
	// stopTimeout is the sum of what every step of a stop may take, and a little.
	stopTimeout = stopStarters + maxGrace + 5*time.Second + 2*stopServers + stopEtcd + 5*time.Second
)

// Processes is the content of the file that names a running node's processes, by host PID and start time:
// a PID alone may by now be another program's.
type Processes struct {
	Gate   Process `json:"gate"`
	Init   Process `json:"init"`
	Cgroup string  `json:"cgroup"`
}

// Process is one process.
type Process struct {
	PID int `json:"pid"`
	// StartTime is field 22 of /proc/PID/stat.
	StartTime string `json:"startTime"`
}

// Stages are KWOK's configuration: beside a real node, and for a control plane that has none.
type Stages struct{ Real, Simulated string }

func (s Stages) of(c config.Config) string {
	if c.Simulated != nil {
		return s.Simulated
	}
	return s.Real
}

// Up runs a node until it is told to stop, and forwards its ports meanwhile. It is the node's only process on the host.
func Up(configPath string, stages Stages) error {
	c, err := config.Read(configPath)
	if err != nil {
		return err
	}
	host := config.Host{StateDir: c.StateDir}
	if err := os.MkdirAll(host.Node(), 0o700); err != nil {
		return err
	}
	lock, err := takeLock(host.Lock())
	if err != nil {
		return err
	}
	defer lock.Close()

	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGTERM, syscall.SIGINT)
	err = serve(c, host, configPath, stages.of(c), lock, told)
	if err != nil {
		return errors.Join(err, recordFailure(host.Status(), err))
	}
	return nil
}

func serve(c config.Config, host config.Host, configPath, stages string, lock *os.File, told <-chan os.Signal) error {
	ports, err := gate.Listen(forwards(c))
	if err != nil {
		return err
	}
	defer ports.Close()
	if err := checkWatches(); err != nil {
		return err
	}
	if err := config.EnsureIdentities(c, time.Now()); err != nil {
		return err
	}
	machine, err := FindMachine(c)
	if err != nil {
		return err
	}
	if err := config.Render(c, machine, stages); err != nil {
		return err
	}
	groups, err := FindCgroups(cgroupMounts, c.StateDir)
	if err != nil {
		return err
	}
	// Left by a run that was killed: its processes are gone with their namespace.
	if err := groups.Remove(time.Second); err != nil {
		return err
	}
	if err := groups.Create(); err != nil {
		return err
	}
	defer func() { _ = groups.Remove(5 * time.Second) }()

	child, lifeline, err := launch(configPath, lock)
	if err != nil {
		return err
	}
	defer lifeline.Close()
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	defer os.Remove(host.Processes())

	if err := begin(c, child.Process.Pid, groups, host, ports, lifeline); err != nil {
		_ = child.Process.Kill()
		<-ended
		return err
	}
	select {
	case err := <-ended:
		return explain(err)
	case <-told:
	}
	lifeline.Close()
	select {
	case err := <-ended:
		return explain(err)
	case <-time.After(stopTimeout):
		_ = child.Process.Kill()
		<-ended
		return fmt.Errorf("the node did not stop within %s and was killed", stopTimeout)
	}
}

// neededWatches is how many inotify instances the components open (19 counted), and some for programs in pods.
const neededWatches = 32

// checkWatches makes sure that this user may open enough of them: a component that may not fails with "too many open
// files", which says nothing of the cause.
func checkWatches() error {
	for opened := range neededWatches {
		watch, err := unix.InotifyInit1(unix.IN_CLOEXEC)
		if err != nil {
			return fmt.Errorf("only %d more inotify instances can be opened, and %d are needed (%w); raise the limit: "+
				"sysctl -w fs.inotify.max_user_instances=512", opened, neededWatches, err)
		}
		defer unix.Close(watch)
	}
	return nil
}

func forwards(c config.Config) []gate.Forward {
	all := []gate.Forward{{HostPort: c.APIPort, Target: net.JoinHostPort("127.0.0.1", strconv.Itoa(config.APIPort))}}
	for _, forward := range c.Forwards {
		all = append(all, gate.Forward{
			HostPort: forward.HostPort, Target: net.JoinHostPort(config.NodeAddress, strconv.Itoa(forward.NodePort)),
		})
	}
	return all
}

// launch starts PID 1 of new namespaces. It waits there for the first line of its lifeline.
func launch(configPath string, lock *os.File) (*exec.Cmd, *os.File, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	defer read.Close()
	child := exec.Command("/proc/self/exe", "init", configPath)
	child.Args[0] = "ai-platform-node"
	child.Stdout, child.Stderr = os.Stdout, os.Stderr
	child.ExtraFiles = []*os.File{read, lock} // lifelineFD, lockFD
	child.SysProcAttr = &syscall.SysProcAttr{
		Setsid: true,
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWNET |
			syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC,
	}
	if err := child.Start(); err != nil {
		write.Close()
		return nil, nil, fmt.Errorf("create the node's namespaces: %w", err)
	}
	return child, write, nil
}

// begin does what only the host's side can do for PID 1, and lets it go.
func begin(
	c config.Config, pid int, groups Cgroups, host config.Host, ports *gate.Gate, lifeline *os.File,
) error {
	if err := groups.Adopt(pid); err != nil {
		return err
	}
	processes := Processes{Cgroup: groups.Name}
	for target, id := range map[*Process]int{&processes.Gate: os.Getpid(), &processes.Init: pid} {
		started, err := startTime(id)
		if err != nil {
			return err
		}
		*target = Process{PID: id, StartTime: started}
	}
	content, err := json.Marshal(processes)
	if err != nil {
		return err
	}
	if err := os.WriteFile(host.Processes()+".new", content, 0o644); err != nil {
		return err
	}
	if err := os.Rename(host.Processes()+".new", host.Processes()); err != nil {
		return err
	}
	namespace, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", pid))
	if err != nil {
		return err
	}
	if c.Simulated != nil {
		if err := ports.Out(namespace, config.AuthenticatorPort, c.Simulated.AuthenticatorPort); err != nil {
			return err
		}
	}
	ports.Serve(gate.Into(namespace))
	_, err = lifeline.WriteString("begin\n")
	return err
}

func explain(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ProcessState.Sys().(syscall.WaitStatus).Signaled() {
		return errors.New("the node was killed")
	}
	return err
}

// takeLock makes sure that one state folder has one node. The kernel lets go of it with the last process.
func takeLock(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		file.Close()
		return nil, fmt.Errorf("a node already runs with this state folder (%s): %w", filepath.Dir(path), err)
	}
	return file, nil
}

func startTime(pid int) (string, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", err
	}
	// The second field is the program's name in parentheses, which may hold spaces.
	fields := strings.Fields(string(content[strings.LastIndexByte(string(content), ')')+1:]))
	if len(fields) < 20 {
		return "", fmt.Errorf("/proc/%d/stat is not as expected", pid)
	}
	return fields[19], nil
}

// recordFailure tells those who follow the status file, unless PID 1 has said more already.
func recordFailure(path string, reason error) error {
	content, err := os.ReadFile(path)
	if err == nil {
		var status Status
		if json.Unmarshal(content, &status) == nil && status.Phase == Failed {
			return nil
		}
	}
	b := newBoard(path, nil)
	b.phase(Failed, reason.Error())
	return nil
}

// FindMachine asks the kernel for what the configuration depends on.
func FindMachine(c config.Config) (config.Machine, error) {
	groups, err := FindCgroups(cgroupMounts, c.StateDir)
	if err != nil {
		return config.Machine{}, err
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return config.Machine{}, err
	}
	capable := false
	for _, line := range strings.Split(string(status), "\n") {
		if value, ok := strings.CutPrefix(line, "CapEff:"); ok {
			bits, err := strconv.ParseUint(strings.TrimSpace(value), 16, 64)
			if err != nil {
				return config.Machine{}, err
			}
			capable = bits&(1<<unix.CAP_SYS_RESOURCE) != 0
		}
	}
	return config.Machine{CgroupRoot: groups.Name, RestrictOOMScore: !capable}, nil
}
