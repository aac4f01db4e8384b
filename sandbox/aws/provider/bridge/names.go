package bridge

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
)

// Names are the properties of every type as a Pulumi program writes them: a value type in words, or the properties of
// the object or of the list's objects. They exist to be compared with the SDK's typings.
type Names struct {
	Resources map[string]Properties `json:"resources"`
	Functions map[string]Properties `json:"functions"`
	Config    Properties            `json:"config"`
}

// Properties are names and what each holds.
type Properties map[string]Property

// Property is one property.
type Property struct {
	Input    bool       `json:"input"`
	Required bool       `json:"required"`
	List     bool       `json:"list"`
	Secret   bool       `json:"secret"`
	Object   Properties `json:"object,omitempty"`
}

// NamesOf lists what the bridge will accept and return.
func NamesOf(info tfbridge.ProviderInfo) Names {
	names := Names{Resources: map[string]Properties{}, Functions: map[string]Properties{}, Config: propertiesOf(info.P.Schema(), info.Config)}
	for name, resource := range info.Resources {
		names.Resources[string(resource.Tok)] = propertiesOf(info.P.ResourcesMap().Get(name).Schema(), resource.Fields)
	}
	for name, function := range info.DataSources {
		names.Functions[string(function.Tok)] = propertiesOf(info.P.DataSourcesMap().Get(name).Schema(), function.Fields)
	}
	return names
}

func propertiesOf(schema shim.SchemaMap, fields map[string]*tfbridge.SchemaInfo) Properties {
	properties := Properties{}
	schema.Range(func(name string, s shim.Schema) bool {
		if s.Removed() == "" {
			properties[tfbridge.TerraformToPulumiNameV2(name, schema, fields)] = propertyOf(s, fields[name])
		}
		return true
	})
	return properties
}

func propertyOf(s shim.Schema, info *tfbridge.SchemaInfo) Property {
	property := Property{
		Input: s.Optional() || s.Required(), Required: s.Required(), Secret: s.Sensitive(),
		List: (s.Type() == shim.TypeList || s.Type() == shim.TypeSet) && !tfbridge.IsMaxItemsOne(s, info),
	}
	if object, ok := s.Elem().(shim.Resource); ok {
		var fields map[string]*tfbridge.SchemaInfo
		if info != nil && info.Elem != nil {
			fields = info.Elem.Fields
		}
		property.Object = propertiesOf(object.Schema(), fields)
	}
	return property
}
