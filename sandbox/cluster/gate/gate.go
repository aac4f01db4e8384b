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
	"slices"
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
	outward   []net.Listener
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
	for _, listener := range slices.Concat(g.listeners, g.outward) {
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

// Out opens a listener inside the network namespace and forwards what arrives there to the host's 127.0.0.1. It listens on
// every address, as the namespace may still be without its loopback interface.
func (g *Gate) Out(namespace *os.File, insidePort, hostPort int) error {
	listener, err := within(namespace, func() (net.Listener, error) {
		return net.Listen("tcp4", fmt.Sprintf("0.0.0.0:%d", insidePort))
	})
	if err != nil {
		return err
	}
	g.outward = append(g.outward, listener)
	g.open.Add(1)
	go func() {
		defer g.open.Done()
		accept(listener, fmt.Sprintf("127.0.0.1:%d", hostPort), (&net.Dialer{}).DialContext)
	}()
	return nil
}

// Into dials from inside the network namespace that a file like /proc/PID/ns/net stands for.
func Into(namespace *os.File) Dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		return within(namespace, func() (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, address)
		})
	}
}

// within makes a socket inside the network namespace. It stays in the namespace it was made in, so that only its making
// needs a thread there.
func within[T any](namespace *os.File, open func() (T, error)) (T, error) {
	type result struct {
		socket T
		err    error
	}
	done := make(chan result, 1)
	go func() {
		// Never unlocked: the thread is in another namespace and ends with this goroutine.
		runtime.LockOSThread()
		if err := unix.Setns(int(namespace.Fd()), unix.CLONE_NEWNET); err != nil {
			done <- result{err: fmt.Errorf("enter the node's network namespace: %w", err)}
			return
		}
		socket, err := open()
		done <- result{socket, err}
	}()
	r := <-done
	return r.socket, r.err
}
