package node

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	probeInterval = 50 * time.Millisecond
	probeTimeout  = 5 * time.Second
	firstBackoff  = 200 * time.Millisecond
	maxBackoff    = 10 * time.Second
	// steadyAfter is how long a component must have run for its next end to count as the first again.
	steadyAfter = 30 * time.Second
	// maxEarlyEnds is how often a component may end before it was ever ready. More will not help: say why instead.
	maxEarlyEnds = 5
	startTimeout = 5 * time.Minute
)

// unit is a component that runs, or a step of the start that is done once.
type unit struct {
	name string
	// after names what must be ready before.
	after []string
	// argv is the program of a component; a step has none.
	argv []string
	env  []string
	// ready is asked until it returns nil. A step does its work in it, repeatably. A component may have none.
	ready func(context.Context) error
}

type running struct {
	unit
	log *logFile
	// up is closed when the unit was ready for the first time, done when it will not run again.
	up, done, stop chan struct{}
	mu             sync.Mutex
	pid            int
	stopped        bool
}

// supervisor starts units in the order of their dependencies and restarts the components that end.
type supervisor struct {
	reaper *reaper
	board  *board
	units  map[string]*running
	// failed yields why the start cannot succeed.
	failed chan string
}

func newSupervisor(r *reaper, b *board, logDir string, units []unit) (*supervisor, error) {
	s := &supervisor{reaper: r, board: b, units: map[string]*running{}, failed: make(chan string, len(units))}
	for _, u := range units {
		r := &running{unit: u, up: make(chan struct{}), done: make(chan struct{}), stop: make(chan struct{})}
		if u.argv != nil {
			file, err := openLog(filepath.Join(logDir, u.name+".log"))
			if err != nil {
				return nil, err
			}
			r.log = file
		}
		s.units[u.name] = r
	}
	return s, nil
}

// start returns when everything is ready, or with the reason why that will not be.
func (s *supervisor) start(ctx context.Context) error {
	for _, r := range s.units {
		go s.run(ctx, r)
	}
	timeout := time.After(startTimeout)
	for _, r := range s.units {
		select {
		case <-r.up:
		case reason := <-s.failed:
			return fmt.Errorf("%s", reason)
		case <-timeout:
			return fmt.Errorf("not ready within %s: %s", startTimeout, strings.Join(s.missing(), ", "))
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (s *supervisor) missing() []string {
	var names []string
	for name, r := range s.units {
		select {
		case <-r.up:
		default:
			names = append(names, name)
		}
	}
	return names
}

func (s *supervisor) run(ctx context.Context, r *running) {
	defer close(r.done)
	for _, name := range r.after {
		select {
		case <-s.units[name].up:
		case <-ctx.Done():
			return
		case <-r.stop:
			return
		}
	}
	if r.argv == nil {
		s.board.update(r.name, func(c *ComponentStatus) { c.State = Launched })
		s.probe(ctx, r)
		return
	}
	s.keepRunning(ctx, r)
}

func (s *supervisor) keepRunning(ctx context.Context, r *running) {
	backoff, ends := firstBackoff, 0
	for {
		began := time.Now()
		reason := s.runOnce(ctx, r)
		if reason == "" {
			return
		}
		fmt.Printf("%s %s ended (%s)\n", time.Now().Format(time.RFC3339), r.name, reason)
		if time.Since(began) > steadyAfter {
			backoff = firstBackoff
		}
		ends++
		if !isClosed(r.up) && ends >= maxEarlyEnds {
			s.failed <- fmt.Sprintf("%s does not start (%s). Its last words:\n%s", r.name, reason, r.log.last())
			return
		}
		s.board.update(r.name, func(c *ComponentStatus) {
			c.State, c.PID, c.Detail = Restarting, 0, reason
			c.Restarts++
		})
		select {
		case <-time.After(backoff):
		case <-r.stop:
			return
		}
		backoff = min(2*backoff, maxBackoff)
	}
}

// runOnce runs a component until its end and says how it ended, or "" when it was to stop.
func (s *supervisor) runOnce(ctx context.Context, r *running) string {
	out, err := r.log.pipe()
	if err != nil {
		return err.Error()
	}
	r.mu.Lock()
	if r.stopped {
		r.mu.Unlock()
		out.Close()
		return ""
	}
	pid, end, err := s.reaper.start(r.argv, r.env, out)
	r.pid = pid
	r.mu.Unlock()
	out.Close()
	if err != nil {
		return err.Error()
	}
	s.board.update(r.name, func(c *ComponentStatus) { c.State, c.PID = Launched, pid })

	probing, cancel := context.WithCancel(ctx)
	go s.probe(probing, r)
	status := <-end
	cancel()

	r.mu.Lock()
	defer r.mu.Unlock()
	r.pid = 0
	if r.stopped {
		return ""
	}
	return describe(status)
}

func (s *supervisor) probe(ctx context.Context, r *running) {
	ticker := time.NewTicker(probeInterval)
	defer ticker.Stop()
	for {
		var err error
		if r.ready != nil {
			attempt, cancel := context.WithTimeout(ctx, probeTimeout)
			err = r.ready(attempt)
			cancel()
		}
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			s.board.update(r.name, func(c *ComponentStatus) { c.State, c.Detail = Running, "" })
			r.mu.Lock()
			if !isClosed(r.up) {
				close(r.up)
			}
			r.mu.Unlock()
			return
		}
		s.board.update(r.name, func(c *ComponentStatus) { c.Detail = err.Error() })
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// end asks components to stop, together, and kills those that do not within patience.
func (s *supervisor) end(patience time.Duration, names ...string) {
	// Not every node has every component.
	names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return s.units[name] == nil })
	for _, name := range names {
		r := s.units[name]
		r.mu.Lock()
		if !r.stopped {
			r.stopped = true
			close(r.stop)
		}
		if r.pid != 0 {
			_ = syscall.Kill(r.pid, syscall.SIGTERM)
		}
		r.mu.Unlock()
	}
	deadline := time.After(patience)
	for _, name := range names {
		r := s.units[name]
		select {
		case <-r.done:
			continue
		case <-deadline:
		}
		deadline = time.After(0)
		r.mu.Lock()
		if r.pid != 0 {
			fmt.Printf("%s %s did not stop within %s: killed\n", time.Now().Format(time.RFC3339), name, patience)
			_ = syscall.Kill(r.pid, syscall.SIGKILL)
		}
		r.mu.Unlock()
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
