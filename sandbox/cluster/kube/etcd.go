package kube

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/embed"
)

// etcdStartTimeout bounds the wait for etcd to serve. It replays at most one snapshot's worth of log entries.
const etcdStartTimeout = time.Minute

// newEtcd runs a single-member etcd from a file in etcd's own configuration format.
func newEtcd() *cobra.Command {
	var configFile string
	command := &cobra.Command{
		Use:           "etcd",
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: false,
		RunE:          func(*cobra.Command, []string) error { return serveEtcd(configFile) },
	}
	command.Flags().StringVar(&configFile, "config-file", "", "etcd's configuration file")
	return command
}

func serveEtcd(configFile string) error {
	config, err := embed.ConfigFromFile(configFile)
	if err != nil {
		return err
	}
	server, err := embed.StartEtcd(config)
	if err != nil {
		return err
	}
	defer server.Close()

	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	select {
	case <-server.Server.ReadyNotify():
	case <-stop:
		return nil
	case err := <-server.Err():
		return err
	case <-time.After(etcdStartTimeout):
		return errors.New("etcd does not serve within " + etcdStartTimeout.String())
	}
	select {
	case <-stop:
		return nil
	case err := <-server.Err():
		return err
	}
}
