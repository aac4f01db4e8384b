package aws

import (
	"context"
	"fmt"
	"sort"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"ai-platform/sandbox/plugins/internal/props"
)

// keyDefaults lists the inputs that the provider chose, as the official plugin records them.
const keyDefaults = "__defaults"

// naming is how a name is made up for a property that the program leaves out.
type naming struct {
	key       string
	maxLength int
	lower     bool
}

// namings are tried in order; AWS's limits decide the lengths.
func namings(token string, t *resourceType) []naming {
	limit := 255
	switch {
	case strings.HasPrefix(token, "aws:lb/"):
		limit = 32
	case strings.HasPrefix(token, "aws:iam/role:"):
		limit = 64
	case strings.HasPrefix(token, "aws:eks/"):
		limit = 100
	}
	var found []naming
	for _, candidate := range []naming{{"name", limit, false}, {"nodeGroupName", 63, false}, {"fargateProfileName", 63, false}} {
		if contains(t.Optional, candidate.key) && !contains(unnamed, token) {
			found = append(found, candidate)
		}
	}
	if token == "aws:s3/bucket:Bucket" || token == "aws:s3/directoryBucket:DirectoryBucket" {
		found = append(found, naming{"bucket", 63, true})
	}
	return found
}

// unnamed are types whose optional name selects something instead of naming it.
var unnamed = []string{"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "aws:route53/vpcAssociationAuthorization:VpcAssociationAuthorization"}

// Check says what the official provider would: what is missing and what is not known, and it chooses names and tags.
func (p *provider) Check(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	inputs, err := props.Read(req.GetNews())
	if err != nil {
		return nil, err
	}
	olds, err := props.Read(req.GetOlds())
	if err != nil {
		return nil, err
	}
	t := typeOf(req.GetUrn())
	if t == nil {
		return &pulumirpc.CheckResponse{Inputs: req.GetNews()}, nil
	}
	if err := p.chooseName(req, t, inputs, olds); err != nil {
		return nil, err
	}
	if t.taggable() {
		inputs["tagsAll"] = p.allTags(inputs["tags"])
	}
	if t.has("region") && p.settings.region != "" {
		if value, set := inputs["region"]; !set || value.IsNull() {
			inputs["region"] = resource.NewStringProperty(p.settings.region)
			addDefault(inputs, "region")
		}
	}
	bag, err := props.Write(inputs)
	return &pulumirpc.CheckResponse{Inputs: bag, Failures: failures(t, inputs)}, err
}

func failures(t *resourceType, inputs resource.PropertyMap) []*pulumirpc.CheckFailure {
	var found []*pulumirpc.CheckFailure
	for _, key := range t.Required {
		if value, set := inputs[resource.PropertyKey(key)]; !set || value.IsNull() {
			found = append(found, &pulumirpc.CheckFailure{Property: key, Reason: "is required"})
		}
	}
	for _, key := range inputs.StableKeys() {
		name := string(key)
		if !strings.HasPrefix(name, "__") && name != "tagsAll" && !t.has(name) {
			found = append(found, &pulumirpc.CheckFailure{Property: name, Reason: "is no property of this resource type" + nearest(t, name)})
		}
	}
	return found
}

// nearest helps with a typing mistake.
func nearest(t *resourceType, name string) string {
	var close []string
	for _, known := range append(append([]string{}, t.Required...), t.Optional...) {
		if strings.EqualFold(known, name) || strings.EqualFold(known, name+"s") || strings.EqualFold(known+"s", name) {
			close = append(close, known)
		}
	}
	if len(close) == 0 {
		return ""
	}
	sort.Strings(close)
	return fmt.Sprintf("; did you mean %s?", strings.Join(close, " or "))
}

// chooseName makes up a name once and keeps it as long as the program gives none.
func (p *provider) chooseName(req *pulumirpc.CheckRequest, t *resourceType, inputs, olds resource.PropertyMap) error {
	u := urn.URN(req.GetUrn())
	for _, n := range namings(string(u.Type()), t) {
		key := resource.PropertyKey(n.key)
		if value, given := inputs[key]; given && !value.IsNull() {
			continue
		}
		if prefix, given := inputs[key+"Prefix"]; given && !prefix.IsNull() {
			continue
		}
		name := ""
		switch options := req.GetAutonaming(); {
		case wasDefault(olds, n.key):
			name = props.String(olds, key)
		case options.GetMode() == pulumirpc.CheckRequest_AutonamingOptions_DISABLE:
			continue
		case options.GetProposedName() != "":
			name = options.GetProposedName()
		default:
			var err error
			if name, err = resource.NewUniqueName(req.GetRandomSeed(), u.Name()+"-", 7, n.maxLength, nil); err != nil {
				return err
			}
		}
		if n.lower {
			name = strings.ToLower(name)
		}
		inputs[key] = resource.NewStringProperty(name)
		addDefault(inputs, n.key)
	}
	return nil
}

func wasDefault(bag resource.PropertyMap, key string) bool {
	if list := bag[keyDefaults]; list.IsArray() {
		for _, item := range list.ArrayValue() {
			if item.IsString() && item.StringValue() == key {
				return true
			}
		}
	}
	return false
}

func addDefault(bag resource.PropertyMap, key string) {
	var list []resource.PropertyValue
	if existing := bag[keyDefaults]; existing.IsArray() {
		list = existing.ArrayValue()
	}
	bag[keyDefaults] = resource.NewArrayProperty(append(list, resource.NewStringProperty(key)))
}

// keepsName tells whether a replacement would collide with the resource it replaces.
func (t *resourceType) keepsName(olds, news resource.PropertyMap) bool {
	if t == nil {
		return false
	}
	for _, key := range []string{"name", "bucket", "nodeGroupName", "fargateProfileName"} {
		name := props.String(news, resource.PropertyKey(key))
		if t.has(key) && name != "" && name == props.String(olds, resource.PropertyKey(key)) && !wasDefault(news, key) {
			return true
		}
	}
	return false
}

// allTags are the provider's default tags and over them the resource's own.
func (p *provider) allTags(own resource.PropertyValue) resource.PropertyValue {
	if own.ContainsUnknowns() {
		return resource.MakeComputed(resource.NewStringProperty(""))
	}
	all := resource.PropertyMap{}
	for key, value := range p.settings.defaultTags {
		all[resource.PropertyKey(key)] = resource.NewStringProperty(value)
	}
	if tags := props.Unwrap(own); tags.IsObject() {
		for key, value := range tags.ObjectValue() {
			all[key] = value
		}
	}
	return resource.NewObjectProperty(all)
}
