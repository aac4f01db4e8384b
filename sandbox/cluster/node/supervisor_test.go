package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

var testReaper = newReaper()

type fixture struct {
	*supervisor
	dir string
}

func supervise(t *testing.T, units ...unit) fixture {
	t.Helper()
	dir := t.TempDir()
	var names []string
	for i := range units {
		names = append(names, units[i].name)
		units[i].env = []string{"PATH=/usr/bin:/bin", "DIR=" + dir}
	}
	s, err := newSupervisor(testReaper, newBoard(filepath.Join(dir, "status.json"), names), dir, units)
	if err != nil {
		t.Fatal(err)
	}
	return fixture{s, dir}
}

func (f fixture) status(t *testing.T, name string) ComponentStatus {
	t.Helper()
	var status Status
	if err := json.Unmarshal([]byte(read(t, filepath.Join(f.dir, "status.json"))), &status); err != nil {
		t.Fatal(err)
	}
	for _, component := range status.Components {
		if component.Name == name {
			return component
		}
	}
	t.Fatalf("no component %s", name)
	return ComponentStatus{}
}

func shell(name, script string, after ...string) unit {
	return unit{name: name, after: after, argv: []string{"/bin/sh", "-c", script}}
}

func fileThere(path string) func(context.Context) error {
	return func(context.Context) error {
		_, err := os.Stat(path)
		return err
	}
}

func TestUnitsStartAfterWhatTheyNeed(t *testing.T) {
	marker := filepath.Join(t.TempDir(), "first")
	first := shell("first", "sleep 0.2; touch "+marker+"; exec sleep 60")
	first.ready = fileThere(marker)
	second := shell("second", "test -e "+marker+" || exit 1; exec sleep 60", "first")
	var step atomic.Int32
	third := unit{name: "third", after: []string{"second"}, ready: func(context.Context) error {
		if step.Add(1) < 3 {
			return errors.New("not yet")
		}
		return nil
	}}
	s := supervise(t, third, second, first)
	if err := s.start(context.Background()); err != nil {
		t.Fatal(err)
	}
	defer s.end(time.Second, "first", "second")
	if step.Load() != 3 {
		t.Errorf("the step was tried %d times", step.Load())
	}
	for _, name := range []string{"first", "second", "third"} {
		if got := s.status(t, name); got.State != Running || got.Restarts != 0 {
			t.Errorf("%+v", got)
		}
	}
}

func TestAComponentThatDiesIsRestartedAndSaysSo(t *testing.T) {
	s := supervise(t, shell("fragile", "exec sleep 60"))
	if err := s.start(context.Background()); err != nil {
		t.Fatal(err)
	}
	defer s.end(time.Second, "fragile")
	before := s.status(t, "fragile").PID
	if err := syscall.Kill(before, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(5 * time.Second)
	for {
		now := s.status(t, "fragile")
		if now.State == Running && now.PID != before {
			if now.Restarts != 1 {
				t.Errorf("%+v", now)
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not restarted: %+v", now)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestAStartThatCannotSucceedFailsWithTheComponentsWords(t *testing.T) {
	broken := shell("broken", "echo no such flag; exit 3")
	broken.ready = func(context.Context) error { return errors.New("not up") }
	err := supervise(t, broken).start(context.Background())
	if err == nil || !strings.Contains(err.Error(), "no such flag") || !strings.Contains(err.Error(), "exit code 3") {
		t.Errorf("got %v", err)
	}
}

func TestComponentsThatDoNotStopAreKilled(t *testing.T) {
	s := supervise(t, shell("polite", "exec sleep 60"), shell("stubborn", "trap '' TERM; while :; do sleep 0.1; done"))
	if err := s.start(context.Background()); err != nil {
		t.Fatal(err)
	}
	pids := []int{s.status(t, "polite").PID, s.status(t, "stubborn").PID}
	time.Sleep(100 * time.Millisecond) // the shell has to set its trap
	s.end(300*time.Millisecond, "polite", "stubborn")
	for _, pid := range pids {
		deadline := time.Now().Add(2 * time.Second)
		for syscall.Kill(pid, 0) == nil && time.Now().Before(deadline) {
			time.Sleep(5 * time.Millisecond)
		}
		if syscall.Kill(pid, 0) == nil {
			t.Errorf("process %d still runs", pid)
		}
	}
}

func TestLogsAreBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.log")
	log, err := openLog(path)
	if err != nil {
		t.Fatal(err)
	}
	line := []byte(strings.Repeat("x", 1<<20) + "\n")
	for range 25 {
		log.append(line)
	}
	for _, name := range []string{path, path + ".1"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > maxLogSize+2<<20 {
			t.Errorf("%s has %d bytes", name, info.Size())
		}
	}
	log.append([]byte("last\n"))
	if !strings.HasSuffix(log.last(), "last\n") {
		t.Error("the last line is missing")
	}
}

func TestGraceIsBounded(t *testing.T) {
	for value, want := range map[string]int64{"5": 5, "300": 20, "": 20, "x": 20} {
		if got := graceSeconds(map[string]string{gracePeriodAnnotation: value}); got != want {
			t.Errorf("%q: %d", value, got)
		}
	}
}

func TestStopOrderNamesEveryComponentOnce(t *testing.T) {
	count := map[string]int{}
	for _, group := range stopOrder {
		for _, name := range group {
			count[name]++
		}
	}
	for _, u := range units(testConfig, nil) {
		if u.argv != nil && count[u.name] != 1 {
			t.Error(fmt.Sprintf("%s is stopped %d times", u.name, count[u.name]))
		}
	}
}

func TestDependenciesExistAndHaveNoCycle(t *testing.T) {
	all := map[string]unit{}
	for _, u := range units(testConfig, nil) {
		all[u.name] = u
	}
	var visit func(name string, path []string)
	visit = func(name string, path []string) {
		u, known := all[name]
		if !known {
			t.Fatalf("%v wait for %s, which does not exist", path, name)
		}
		for _, seen := range path {
			if seen == name {
				t.Fatalf("cycle: %v", append(path, name))
			}
		}
		for _, next := range u.after {
			visit(next, append(path, name))
		}
	}
	for name := range all {
		visit(name, nil)
	}
}
