// Command ollama-library stands in for the library that Ollama pulls models from, on a machine that reaches none: every name
// is a tiny model with random weights, and it says so.
//
//	ollama-library certificate                       prints what a client must trust
//	ollama-library serve ADDRESS FOLDER              serves generates.gguf and, under names that say that they embed,
//	                                                 embeds.gguf of FOLDER by HTTPS, until told to end
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "ollama-library: %v\n", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	switch {
	case len(arguments) == 1 && arguments[0] == "certificate":
		text, err := trusted()
		if err != nil {
			return err
		}
		_, err = os.Stdout.Write(text)
		return err
	case len(arguments) == 3 && arguments[0] == "serve":
		return serve(arguments[1], arguments[2])
	default:
		return errors.New("takes: certificate, or: serve ADDRESS FOLDER")
	}
}

func serve(address, folder string) error {
	generates, err := os.ReadFile(filepath.Join(folder, "generates.gguf"))
	if err != nil {
		return err
	}
	embeds, err := os.ReadFile(filepath.Join(folder, "embeds.gguf"))
	if err != nil {
		return err
	}
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	registry, err := newRegistry(generates, embeds, log)
	if err != nil {
		return err
	}
	own, err := identity()
	if err != nil {
		return err
	}
	server := &http.Server{
		Addr:              address,
		Handler:           registry.routes(),
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{own}, MinVersion: tls.VersionTLS12},
		ReadHeaderTimeout: 10 * time.Second,
	}
	told, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	go func() {
		<-told.Done()
		_ = server.Shutdown(context.Background())
	}()
	log.Info("stands in for Ollama's library: every model is a tiny one with random weights", "address", address)
	if err := server.ListenAndServeTLS("", ""); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
