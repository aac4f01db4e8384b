package node

import (
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
)

// reaper is the part of PID 1 that collects every process that ends in the namespace: its own children, and orphans
// like containerd's shims. Go's os/exec cannot be used beside it, as both would wait for the same processes.
type reaper struct {
	mu      sync.Mutex
	waiting map[int]chan<- syscall.WaitStatus
}

func newReaper() *reaper {
	r := &reaper{waiting: map[int]chan<- syscall.WaitStatus{}}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGCHLD)
	go func() {
		for range ended {
			r.collect()
		}
	}()
	return r
}

// start runs a program in a process group of its own. The channel yields its end.
func (r *reaper) start(argv, env []string, out *os.File) (int, <-chan syscall.WaitStatus, error) {
	end := make(chan syscall.WaitStatus, 1)
	null, err := os.Open(os.DevNull)
	if err != nil {
		return 0, nil, err
	}
	defer null.Close()
	// Held over both steps: a program that ends at once is not collected before it is known.
	r.mu.Lock()
	defer r.mu.Unlock()
	pid, err := syscall.ForkExec(argv[0], argv, &syscall.ProcAttr{
		Dir:   "/",
		Env:   env,
		Files: []uintptr{null.Fd(), out.Fd(), out.Fd()},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return 0, nil, err
	}
	r.waiting[pid] = end
	return pid, end, nil
}

func (r *reaper) collect() {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
		r.mu.Lock()
		end, known := r.waiting[pid]
		delete(r.waiting, pid)
		r.mu.Unlock()
		if known {
			end <- status
		}
	}
}

// describe says how a program ended.
func describe(status syscall.WaitStatus) string {
	if status.Signaled() {
		return "killed by " + status.Signal().String()
	}
	return "exit code " + strconv.Itoa(status.ExitStatus())
}
