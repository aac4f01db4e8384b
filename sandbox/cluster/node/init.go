package node

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"ai-platform/sandbox/cluster/config"
)

// lifelineFD is the end of a pipe from the process on the host. The first line says that the node may begin;
// the end of the pipe says that it must stop, also when that process was killed.
const lifelineFD = 3

// lockFD keeps the state folder locked for as long as either process runs.
const lockFD = 4

const (
	stopStarters = 5 * time.Second
	stopServers  = 5 * time.Second
	stopEtcd     = 10 * time.Second
)

// Init is PID 1 of the node's namespaces. It returns when the node has stopped.
func Init(configPath string) error {
	syscall.CloseOnExec(lifelineFD)
	syscall.CloseOnExec(lockFD)
	lifeline := bufio.NewReader(os.NewFile(lifelineFD, "lifeline"))
	if _, err := lifeline.ReadString('\n'); err != nil {
		return fmt.Errorf("the process on the host is gone: %w", err)
	}
	c, err := config.Read(configPath)
	if err != nil {
		return err
	}
	if err := raiseFileLimit(); err != nil {
		return err
	}
	if err := prepareMounts(c); err != nil {
		return err
	}
	if err := prepareNetwork(); err != nil {
		return err
	}

	if err := os.MkdirAll(filepath.Join(config.Root, "logs"), 0o750); err != nil {
		return err
	}
	reaper := newReaper()
	all := units(c, runner(reaper))
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].name
	}
	status := newBoard(filepath.Join(config.Root, "status.json"), names)
	s, err := newSupervisor(reaper, status, filepath.Join(config.Root, "logs"), all)
	if err != nil {
		return err
	}

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		told := make(chan os.Signal, 1)
		signal.Notify(told, syscall.SIGTERM, syscall.SIGINT)
		<-told
		cancel()
	}()
	go func() {
		_, _ = lifeline.ReadByte()
		cancel()
	}()

	err = s.start(ctx)
	switch {
	case ctx.Err() != nil:
		err = nil
	case err == nil:
		status.phase(Ready, "")
		<-ctx.Done()
	}
	cancel()
	return finish(c, s, status, err)
}

func finish(c config.Config, s *supervisor, status *board, reason error) error {
	if reason == nil {
		status.phase(Stopping, "")
	}
	s.end(stopStarters, stopOrder[0]...)
	if c.Simulated == nil {
		if err := stopContainers(); err != nil {
			fmt.Println("stop containers:", err)
		}
	}
	s.end(stopServers, stopOrder[1]...)
	s.end(stopEtcd, stopOrder[2]...)
	s.end(stopServers, stopOrder[3]...)
	syscall.Sync()
	if reason != nil {
		status.phase(Failed, reason.Error())
		return reason
	}
	status.phase(Stopped, "")
	return nil
}

// raiseFileLimit lets containerd and the pods, which inherit it, open as many files as this machine allows.
func raiseFileLimit() error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	// Programs that close every possible descriptor at their start take minutes over an unlimited number.
	limit.Cur = min(limit.Max, 1<<20)
	return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
}

// runner runs a program to its end and returns its last words when it fails.
func runner(r *reaper) runProgram {
	return func(ctx context.Context, argv []string) error {
		file, err := openLog(filepath.Join(config.Root, "logs", filepath.Base(argv[0])+".log"))
		if err != nil {
			return err
		}
		out, err := file.pipe()
		if err != nil {
			return err
		}
		pid, end, err := r.start(argv, environment(filepath.Base(argv[0])), out)
		out.Close()
		if err != nil {
			return err
		}
		select {
		case status := <-end:
			if !status.Exited() || status.ExitStatus() != 0 {
				return fmt.Errorf("%s: %s: %s", filepath.Base(argv[0]), describe(status), file.last())
			}
			return nil
		case <-ctx.Done():
			_ = syscall.Kill(pid, syscall.SIGKILL)
			return ctx.Err()
		}
	}
}
