package gate

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

func serve(t *testing.T, handle func(net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { defer conn.Close(); handle(conn) }()
		}
	}()
	return listener.Addr().String()
}

func open(t *testing.T, target string) *net.TCPConn {
	t.Helper()
	port := freePort(t)
	g, err := Listen([]Forward{{HostPort: port, Target: target}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	g.Serve((&net.Dialer{}).DialContext)
	conn, err := net.DialTCP("tcp4", nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestForwardsBothWaysAndPassesHalfCloseOn(t *testing.T) {
	target := serve(t, func(conn net.Conn) {
		everything, _ := io.ReadAll(conn) // returns only once the client has half-closed
		_, _ = conn.Write(everything)
	})
	conn := open(t, target)
	sent := make([]byte, 3<<20)
	_, _ = rand.Read(sent)
	go func() {
		_, _ = conn.Write(sent)
		_ = conn.CloseWrite()
	}()
	received, err := io.ReadAll(conn)
	if err != nil || !bytes.Equal(sent, received) {
		t.Fatalf("sent %d bytes, got %d back, %v", len(sent), len(received), err)
	}
}

func TestClosesWhenNothingAnswersInside(t *testing.T) {
	closed := net.JoinHostPort("127.0.0.1", "1")
	if n, err := open(t, closed).Read(make([]byte, 1)); err == nil {
		t.Fatalf("read %d bytes from nowhere", n)
	}
}

func TestTakenPortIsSaidAndNothingStaysOpen(t *testing.T) {
	taken, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	free := freePort(t)
	_, err = Listen([]Forward{{HostPort: free}, {HostPort: taken.Addr().(*net.TCPAddr).Port}})
	if err == nil || !strings.Contains(err.Error(), "taken") {
		t.Fatalf("got %v", err)
	}
	again, err := Listen([]Forward{{HostPort: free}})
	if err != nil {
		t.Fatalf("the first listener was left open: %v", err)
	}
	again.Close()
}

// newNamespace is a network namespace that lasts as long as the test, which must stay on its thread.
func newNamespace(t *testing.T, program ...string) *os.File {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root to create a network namespace")
	}
	inside := exec.Command(program[0], program[1:]...)
	inside.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	if err := inside.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = inside.Process.Kill(); _ = inside.Wait() })
	namespace, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", inside.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { namespace.Close() })
	return namespace
}

func TestLeadsOutOfANetworkNamespace(t *testing.T) {
	namespace := newNamespace(t, "sh", "-c", "ip link set lo up && exec sleep 60")
	outside := serve(t, func(conn net.Conn) { _, _ = conn.Write([]byte("host")) })
	_, port, _ := net.SplitHostPort(outside)
	hostPort, _ := strconv.Atoi(port)
	g, err := Listen(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if err := g.Out(namespace, 6444, hostPort); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(5 * time.Second)
	for {
		conn, err := Into(namespace)(context.Background(), "tcp4", "127.0.0.1:6444")
		if err != nil && time.Now().Before(deadline) {
			time.Sleep(10 * time.Millisecond) // its loopback interface is not up yet
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		said, _ := io.ReadAll(conn)
		if string(said) != "host" {
			t.Fatalf("got %q", said)
		}
		return
	}
}

func TestDialsInsideANetworkNamespace(t *testing.T) {
	namespace := newNamespace(t, "sleep", "60")
	outside := serve(t, func(conn net.Conn) { _, _ = conn.Write([]byte("host")) })
	if _, err := Into(namespace)(context.Background(), "tcp4", outside); err == nil {
		t.Error("reached a listener of the host from inside the namespace")
	}
	conn, err := net.Dial("tcp4", outside)
	if err != nil {
		t.Fatalf("the host's own threads are no longer in the host's namespace: %v", err)
	}
	conn.Close()
}
