// Package gate forwards TCP from the host's loopback interface into the node's network namespace.
// It is all that the host has of the node's network.
package gate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// dialTimeout bounds a connection into the node: it is local, so that only a stopped program makes it wait.
const dialTimeout = 5 * time.Second

// Forward is one listener on the host's 127.0.0.1 and the address that it leads to inside the node.
type Forward struct {
	HostPort int
	Target   string
}

// Gate holds the listeners. They are open from Listen on, so that a taken port shows before the node starts.
type Gate struct {
	listeners []net.Listener
	targets   []string
	open      sync.WaitGroup
}

// Listen opens every listener, or none.
func Listen(forwards []Forward) (*Gate, error) {
	g := &Gate{}
	for _, forward := range forwards {
		listener, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", forward.HostPort))
		if err != nil {
			g.Close()
			if errors.Is(err, syscall.EADDRINUSE) {
				return nil, fmt.Errorf("port %d of 127.0.0.1 is taken by another program", forward.HostPort)
			}
			return nil, err
		}
		g.listeners = append(g.listeners, listener)
		g.targets = append(g.targets, forward.Target)
	}
	return g, nil
}

// Dial connects from wherever the gate leads to.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Serve accepts connections until Close.
func (g *Gate) Serve(dial Dial) {
	for i, listener := range g.listeners {
		g.open.Add(1)
		go func() {
			defer g.open.Done()
			accept(listener, g.targets[i], dial)
		}()
	}
}

// Close ends the listeners; connections that are open end with the programs inside the node.
func (g *Gate) Close() {
	for _, listener := range g.listeners {
		listener.Close()
	}
	g.open.Wait()
}

func accept(listener net.Listener, target string, dial Dial) {
	for {
		client, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			// Out of file descriptors, most likely: those of ending connections come back.
			log.Printf("gate: %v", err)
			time.Sleep(100 * time.Millisecond)
			continue
		}
		go connect(client, target, dial)
	}
}

func connect(client net.Conn, target string, dial Dial) {
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	server, err := dial(ctx, "tcp4", target)
	if err != nil {
		return
	}
	defer server.Close()

	var both sync.WaitGroup
	both.Add(2)
	go func() { defer both.Done(); relay(server, client) }()
	go func() { defer both.Done(); relay(client, server) }()
	both.Wait()
}

// relay passes the end of a stream on without closing the other direction: HTTP clients may half-close.
func relay(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	if tcp, ok := to.(*net.TCPConn); ok {
		_ = tcp.CloseWrite()
	}
}

// Into dials from inside the network namespace that a file like /proc/PID/ns/net stands for.
// A socket stays in the namespace it was made in, so only its making needs a thread there.
func Into(namespace *os.File) Dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		type result struct {
			conn net.Conn
			err  error
		}
		done := make(chan result, 1)
		go func() {
			// Never unlocked: the thread is in another namespace and ends with this goroutine.
			runtime.LockOSThread()
			if err := unix.Setns(int(namespace.Fd()), unix.CLONE_NEWNET); err != nil {
				done <- result{nil, fmt.Errorf("enter the node's network namespace: %w", err)}
				return
			}
			conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
			done <- result{conn, err}
		}()
		r := <-done
		return r.conn, r.err
	}
}
