package aws

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
)

// nestedOutputs are what AWS fills in inside of a property that the program gives: without them the program would read
// that the value is missing, where it is only not known yet.
var nestedOutputs = map[string]map[resource.PropertyKey][]resource.PropertyKey{
	"aws:eks/cluster:Cluster": {"vpcConfig": {"clusterSecurityGroupId", "vpcId"}},
}

// withNestedOutputs adds them as unknown, or as they were before an update.
func withNestedOutputs(u string, outputs, olds resource.PropertyMap) {
	for key, names := range nestedOutputs[string(urn.URN(u).Type())] {
		value := outputs[key]
		if !value.IsObject() {
			continue
		}
		filled := value.ObjectValue().Copy()
		for _, name := range names {
			if filled.HasValue(name) {
				continue
			}
			filled[name] = resource.MakeComputed(resource.NewStringProperty(""))
			if before := olds[key]; before.IsObject() && before.ObjectValue().HasValue(name) {
				filled[name] = before.ObjectValue()[name]
			}
		}
		outputs[key] = resource.NewObjectProperty(filled)
	}
}
