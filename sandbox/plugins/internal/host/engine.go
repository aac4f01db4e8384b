package host

import (
	"context"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// logTimeout keeps a plugin from hanging on an engine that no longer reads its log.
const logTimeout = 5 * time.Second

// Engine is the engine's display. Its zero value discards everything.
type Engine struct{ client pulumirpc.EngineClient }

func dial(address string) (*Engine, error) {
	if address == "" {
		return &Engine{}, nil
	}
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	return &Engine{client: pulumirpc.NewEngineClient(conn)}, nil
}

// NewEngine writes to the given client: for tests.
func NewEngine(client pulumirpc.EngineClient) *Engine { return &Engine{client: client} }

// Info adds a line that stays in the display, beside the resource.
func (e *Engine) Info(urn, message string) { e.log(pulumirpc.LogSeverity_INFO, urn, message, false) }

// Warn adds a warning that stays in the display and in the summary.
func (e *Engine) Warn(urn, message string) { e.log(pulumirpc.LogSeverity_WARNING, urn, message, false) }

// Status replaces the resource's current line; it vanishes when the operation ends.
func (e *Engine) Status(urn, message string) { e.log(pulumirpc.LogSeverity_INFO, urn, message, true) }

func (e *Engine) log(severity pulumirpc.LogSeverity, urn, message string, ephemeral bool) {
	if e == nil || e.client == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), logTimeout)
	defer cancel()
	// A line that cannot be shown is no reason to fail an operation.
	_, _ = e.client.Log(ctx, &pulumirpc.LogRequest{Severity: severity, Urn: urn, Message: message, Ephemeral: ephemeral})
}
