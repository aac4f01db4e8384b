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

func TestDialsInsideANetworkNamespace(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root to create a network namespace")
	}
	inside := exec.Command("sleep", "60")
	inside.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := inside.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = inside.Process.Kill(); _ = inside.Wait() }()
	namespace, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", inside.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	defer namespace.Close()

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
