package aws

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"sort"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// document is an IAM policy. The order of its fields is that of AWS's own documents.
type document struct {
	Version   string      `json:"Version,omitempty"`
	ID        string      `json:"Id,omitempty"`
	Statement []statement `json:"Statement,omitempty"`
}

type statement struct {
	Sid          string                    `json:"Sid,omitempty"`
	Effect       string                    `json:"Effect,omitempty"`
	Action       any                       `json:"Action,omitempty"`
	NotAction    any                       `json:"NotAction,omitempty"`
	Resource     any                       `json:"Resource,omitempty"`
	NotResource  any                       `json:"NotResource,omitempty"`
	Principal    any                       `json:"Principal,omitempty"`
	NotPrincipal any                       `json:"NotPrincipal,omitempty"`
	Condition    map[string]map[string]any `json:"Condition,omitempty"`
}

// policyDocument computes iam.getPolicyDocument: no account is needed for it.
func policyDocument(_ settings, args resource.PropertyMap) (map[string]any, error) {
	result := document{Version: text(args, "version"), ID: text(args, "policyId")}
	if result.Version == "" {
		result.Version = "2012-10-17"
	}
	if err := result.merge(args, "sourcePolicyDocuments", false); err != nil {
		return nil, err
	}
	for i, item := range items(args, "statements") {
		parsed, err := parseStatement(item.ObjectValue())
		if err != nil {
			return nil, fmt.Errorf("statements[%d]: %w", i, err)
		}
		result.add(parsed, true)
	}
	if err := result.merge(args, "overridePolicyDocuments", true); err != nil {
		return nil, err
	}
	pretty, err := json.MarshalIndent(result, "", "  ")
	if err != nil {
		return nil, err
	}
	minified, err := json.Marshal(result)
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"id": fmt.Sprint(crc32.ChecksumIEEE(pretty)), "json": string(pretty), "minifiedJson": string(minified),
	}, nil
}

// merge takes the statements of whole documents; one with a Sid that is there already is an error or overrides it.
func (d *document) merge(args resource.PropertyMap, key resource.PropertyKey, override bool) error {
	for i, item := range items(args, key) {
		if !item.IsString() || item.StringValue() == "" {
			continue
		}
		var other document
		if err := json.Unmarshal([]byte(item.StringValue()), &other); err != nil {
			return fmt.Errorf("%s[%d] is no policy: %w", key, i, err)
		}
		for _, s := range other.Statement {
			if !d.add(s, override) {
				return fmt.Errorf("%s[%d]: a statement with the Sid %q is there already", key, i, s.Sid)
			}
		}
	}
	return nil
}

func (d *document) add(s statement, override bool) bool {
	for i := range d.Statement {
		if s.Sid != "" && d.Statement[i].Sid == s.Sid {
			if override {
				d.Statement[i] = s
			}
			return override
		}
	}
	d.Statement = append(d.Statement, s)
	return true
}

func parseStatement(args resource.PropertyMap) (statement, error) {
	s := statement{Sid: text(args, "sid"), Effect: text(args, "effect")}
	switch s.Effect {
	case "":
		s.Effect = "Allow"
	case "Allow", "Deny":
	default:
		return s, fmt.Errorf("effect is %q: it must be Allow or Deny", s.Effect)
	}
	s.Action, s.NotAction = oneOrMany(texts(args, "actions")), oneOrMany(texts(args, "notActions"))
	s.Resource, s.NotResource = oneOrMany(texts(args, "resources")), oneOrMany(texts(args, "notResources"))
	s.Principal, s.NotPrincipal = principals(items(args, "principals")), principals(items(args, "notPrincipals"))
	for _, item := range items(args, "conditions") {
		c := item.ObjectValue()
		if s.Condition == nil {
			s.Condition = map[string]map[string]any{}
		}
		test := text(c, "test")
		if s.Condition[test] == nil {
			s.Condition[test] = map[string]any{}
		}
		values := texts(c, "values")
		if len(values) == 1 {
			s.Condition[test][text(c, "variable")] = values[0]
		} else {
			s.Condition[test][text(c, "variable")] = values
		}
	}
	return s, nil
}

func principals(list []resource.PropertyValue) any {
	if len(list) == 0 {
		return nil
	}
	byType := map[string][]string{}
	for _, item := range list {
		p := item.ObjectValue()
		kind := text(p, "type")
		byType[kind] = append(byType[kind], texts(p, "identifiers")...)
	}
	if all, any := byType["*"]; any && len(byType) == 1 && len(all) == 1 && all[0] == "*" {
		return "*"
	}
	result := map[string]any{}
	for kind, identifiers := range byType {
		result[kind] = oneOrMany(identifiers)
	}
	return result
}

// oneOrMany is how AWS writes lists: a single member stands alone, several are sorted downwards.
func oneOrMany(values []string) any {
	switch len(values) {
	case 0:
		return nil
	case 1:
		return values[0]
	}
	sort.Sort(sort.Reverse(sort.StringSlice(values)))
	return values
}

func items(args resource.PropertyMap, key resource.PropertyKey) []resource.PropertyValue {
	if list := args[key]; list.IsArray() {
		return list.ArrayValue()
	}
	return nil
}

func text(args resource.PropertyMap, key resource.PropertyKey) string {
	if value := args[key]; value.IsString() {
		return value.StringValue()
	}
	return ""
}

// texts reads a list; "&{" stands for the "${" of policy variables.
func texts(args resource.PropertyMap, key resource.PropertyKey) []string {
	var found []string
	for _, item := range items(args, key) {
		if item.IsString() {
			found = append(found, strings.ReplaceAll(item.StringValue(), "&{", "${"))
		}
	}
	return found
}
