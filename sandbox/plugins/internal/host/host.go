// Package host is the side of a Pulumi plugin that every plugin needs: serving gRPC to the engine, ending with it, and
// writing to its display.
package host

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"

	"google.golang.org/grpc"
)

// MaxMessage is the engine's own limit: a large program's inputs exceed gRPC's default of 4 MB.
const MaxMessage = 400 << 20

// Plugin registers a plugin's service and returns what to do when the engine goes away (nil when nothing).
type Plugin func(server *grpc.Server, engine *Engine) (stop func(), err error)

// Serve listens on loopback, tells the engine the port on stdout, and returns when the engine has gone.
// The engine passes its own address as the last argument, after flags for its own logging that do not matter here.
func Serve(plugin Plugin, args []string) error {
	address := ""
	if len(args) > 0 && !strings.HasPrefix(args[len(args)-1], "-") {
		address = args[len(args)-1]
	}
	engine, err := dial(address)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(MaxMessage), grpc.MaxSendMsgSize(MaxMessage))
	stop, err := plugin(server, engine)
	if err != nil {
		return err
	}

	gone := make(chan struct{}, 2)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() { <-signals; gone <- struct{}{} }()
	if stdinIsPipe() {
		// The engine holds the other end: it closes even when the engine is killed.
		go func() { _, _ = io.Copy(io.Discard, os.Stdin); gone <- struct{}{} }()
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()

	fmt.Printf("%d\n", listener.Addr().(*net.TCPAddr).Port)
	select {
	case err = <-served:
	case <-gone:
	}
	if stop != nil {
		stop()
	}
	server.Stop()
	return err
}

func stdinIsPipe() bool {
	info, err := os.Stdin.Stat()
	return err == nil && info.Mode()&os.ModeNamedPipe != 0
}

var versionedFolder = regexp.MustCompile(`^(?:resource|language|analyzer)-.+-v(\d+\.\d+\.\d+.*)$`)

// Version is the version of the SDK package that this plugin answers for: the engine's plugin folder carries it.
func Version() string { return versionOf(os.Args[0]) }

func versionOf(executable string) string {
	if match := versionedFolder.FindStringSubmatch(filepath.Base(filepath.Dir(executable))); match != nil {
		return match[1]
	}
	return "0.0.0"
}
