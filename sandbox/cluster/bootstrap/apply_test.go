package bootstrap

import (
	"strings"
	"testing"

	"ai-platform/sandbox/cluster/config"
)

func TestEveryObjectCanBeApplied(t *testing.T) {
	for _, text := range [][]byte{objects, simulated, kwok} {
		all, err := parse(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, object := range all {
			if _, known := resources[object.GetKind()]; !known || object.GetName() == "" {
				t.Errorf("%s %q", object.GetKind(), object.GetName())
			}
		}
	}
}

func TestAddressesAreThoseOfTheNode(t *testing.T) {
	for _, value := range []string{
		"clusterIP: " + config.DNSServiceIP,
		"addresses: [" + config.NodeAddress + "]",
		"provisioner: " + config.VolumeProvisioner,
	} {
		if !strings.Contains(string(objects), value) {
			t.Errorf("objects.yaml lacks %q", value)
		}
	}
}
