package bridge

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
)

// Names are the properties of every type as a Pulumi program writes them: a value type in words, or the properties of
// the object or of the list's objects, and what Terraform calls them. They exist to be compared with the SDK's typings,
// and to write a program's resources as a plan of Terraform's for tools that read those.
type Names struct {
	Resources map[string]Properties `json:"resources"`
	Functions map[string]Properties `json:"functions"`
	Config    Properties            `json:"config"`
	// Terraform's type of each resource.
	Types map[string]string `json:"types"`
}

// Properties are names and what each holds.
type Properties map[string]Property

// Property is one property.
type Property struct {
	Input    bool `json:"input"`
	Required bool `json:"required"`
	List     bool `json:"list"`
	Secret   bool `json:"secret"`
	// Terraform is the name in Terraform, and Collection whether it is a list or a set there: one that holds at most one
	// item is no list in Pulumi.
	Terraform  string     `json:"terraform"`
	Collection bool       `json:"collection"`
	Object     Properties `json:"object,omitempty"`
}

// NamesOf lists what the bridge will accept and return.
func NamesOf(info tfbridge.ProviderInfo) Names {
	names := Names{Resources: map[string]Properties{}, Functions: map[string]Properties{}, Config: propertiesOf(info.P.Schema(), info.Config), Types: map[string]string{}}
	for name, resource := range info.Resources {
		names.Types[string(resource.Tok)] = name
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
			properties[tfbridge.TerraformToPulumiNameV2(name, schema, fields)] = propertyOf(name, s, fields[name])
		}
		return true
	})
	return properties
}

func propertyOf(name string, s shim.Schema, info *tfbridge.SchemaInfo) Property {
	collection := s.Type() == shim.TypeList || s.Type() == shim.TypeSet
	property := Property{
		Input: s.Optional() || s.Required(), Required: s.Required(), Secret: s.Sensitive(),
		List:      collection && !tfbridge.IsMaxItemsOne(s, info),
		Terraform: name, Collection: collection,
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
