package node

import (
	"encoding/json"
	"os"
	"slices"
	"sync"
	"time"
)

// Phase is where a node is in its life.
type Phase string

const (
	Starting Phase = "starting"
	Ready    Phase = "ready"
	Stopping Phase = "stopping"
	Stopped  Phase = "stopped"
	Failed   Phase = "failed"
)

// State is where a component or a step of the start is.
type State string

const (
	Waiting    State = "waiting"
	Launched   State = "starting"
	Running    State = "ready"
	Restarting State = "restarting"
)

// ComponentStatus is what the status file says of one component or step.
type ComponentStatus struct {
	Name     string `json:"name"`
	State    State  `json:"state"`
	PID      int    `json:"pid,omitempty"`
	Restarts int    `json:"restarts"`
	// Detail is why the component is not ready yet, or how it ended last.
	Detail string `json:"detail,omitempty"`
}

// Status is the content of the status file, which the outside follows.
type Status struct {
	Phase      Phase             `json:"phase"`
	Since      time.Time         `json:"since"`
	Error      string            `json:"error,omitempty"`
	Components []ComponentStatus `json:"components"`
}

// board keeps the status file: every change replaces it as a whole.
type board struct {
	mu     sync.Mutex
	path   string
	status Status
}

func newBoard(path string, names []string) *board {
	b := &board{path: path, status: Status{Phase: Starting, Since: time.Now(), Components: []ComponentStatus{}}}
	for _, name := range names {
		b.status.Components = append(b.status.Components, ComponentStatus{Name: name, State: Waiting})
	}
	b.write()
	return b
}

func (b *board) phase(phase Phase, reason string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.status.Phase, b.status.Since, b.status.Error = phase, time.Now(), reason
	b.write()
}

func (b *board) update(name string, change func(*ComponentStatus)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.status.Components, func(c ComponentStatus) bool { return c.Name == name })
	before := b.status.Components[i]
	change(&b.status.Components[i])
	if b.status.Components[i] != before {
		b.write()
	}
}

func (b *board) write() {
	content, err := json.MarshalIndent(b.status, "", "  ")
	if err == nil {
		err = os.WriteFile(b.path+".new", append(content, '\n'), 0o644)
	}
	if err == nil {
		err = os.Rename(b.path+".new", b.path)
	}
	if err != nil {
		// The status is for watchers; the node goes on without them.
		_, _ = os.Stderr.WriteString("status file: " + err.Error() + "\n")
	}
}
