package netpol

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// PluginName is the type of the CNI plugin in the chain of the pods' network.
//
// A pod's address reaches the API only after the pod has started. The plugin, which runs before, tells the controller
// and waits for the rules: no pod sends a packet that a policy forbids.
const PluginName = "network-policies"

const (
	socket = "/run/network-policies.sock"
	// pluginTimeout is how long a pod may wait for its rules, the start of the controller included.
	pluginTimeout = 15 * time.Second
	pluginRetry   = 50 * time.Millisecond
)

// assignment is the address that a pod is about to start with.
type assignment struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Address   string `json:"address"`
}

func (a assignment) key() string { return a.Namespace + "/" + a.Name }

// Plugin is one call of the CNI plugin. It passes on the result of the plugins before it.
func Plugin(environment func(string) string, in io.Reader, out io.Writer) error {
	switch environment("CNI_COMMAND") {
	case "VERSION":
		_, err := io.WriteString(out, `{"cniVersion":"1.0.0","supportedVersions":["0.4.0","1.0.0"]}`)
		return err
	case "ADD":
	default:
		return nil
	}
	var config struct {
		PrevResult json.RawMessage `json:"prevResult"`
	}
	if err := json.NewDecoder(in).Decode(&config); err != nil {
		return err
	}
	pod, err := readAssignment(config.PrevResult, environment("CNI_ARGS"))
	if err != nil {
		return err
	}
	if err := announce(pod); err != nil {
		return fmt.Errorf("rules for pod %s: %w", pod.key(), err)
	}
	_, err = out.Write(config.PrevResult)
	return err
}

func readAssignment(result []byte, arguments string) (assignment, error) {
	var previous struct {
		IPs []struct {
			Address netip.Prefix `json:"address"`
		} `json:"ips"`
	}
	if err := json.Unmarshal(result, &previous); err != nil {
		return assignment{}, fmt.Errorf("result of the plugin before: %w", err)
	}
	if len(previous.IPs) == 0 {
		return assignment{}, errors.New("the plugin before assigned no address")
	}
	pod := assignment{Address: previous.IPs[0].Address.Addr().String()}
	for _, argument := range strings.Split(arguments, ";") {
		switch key, value, _ := strings.Cut(argument, "="); key {
		case "K8S_POD_NAMESPACE":
			pod.Namespace = value
		case "K8S_POD_NAME":
			pod.Name = value
		}
	}
	return pod, nil
}

func announce(pod assignment) error {
	body, err := json.Marshal(pod)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), pluginTimeout)
	defer cancel()
	client := http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
	}}
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://controller/", bytes.NewReader(body))
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusNoContent {
				return nil
			}
			err = errors.New(response.Status)
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pluginRetry):
		}
	}
}
