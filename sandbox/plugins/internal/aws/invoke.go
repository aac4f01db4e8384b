package aws

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"ai-platform/sandbox/plugins/internal/props"
)

// functions answer from the configuration alone, so that a preview is the same on every machine.
var functions = map[string]func(settings, resource.PropertyMap) (map[string]any, error){
	"aws:index/getCallerIdentity:getCallerIdentity":       callerIdentity,
	"aws:index/getRegion:getRegion":                       region,
	"aws:index/getPartition:getPartition":                 partition,
	"aws:index/getAvailabilityZones:getAvailabilityZones": availabilityZones,
	"aws:index/getDefaultTags:getDefaultTags":             defaultTags,
	"aws:ecr/getAuthorizationToken:getAuthorizationToken": authorizationToken,
	"aws:iam/getPolicyDocument:getPolicyDocument":         policyDocument,
}

func (p *provider) Invoke(_ context.Context, req *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	function, known := functions[req.GetTok()]
	if !known {
		return nil, fmt.Errorf("the simulated AWS cannot answer %s: it reads no account. Take the value from the stack's configuration, or preview with the official plugin", req.GetTok())
	}
	args, err := props.Read(req.GetArgs())
	if err != nil {
		return nil, err
	}
	result, err := function(p.settings, props.PlainMap(args))
	if err != nil {
		return nil, err
	}
	bag, err := props.Write(resource.NewPropertyMapFromMap(result))
	return &pulumirpc.InvokeResponse{Return: bag}, err
}

func (s settings) regionOf(args resource.PropertyMap) (string, error) {
	if given := props.String(args, "region"); given != "" {
		return given, nil
	}
	if s.region == "" {
		return "", fmt.Errorf("no AWS region is set: run `pulumi config set aws:region REGION`, or set AWS_REGION")
	}
	return s.region, nil
}

func callerIdentity(s settings, _ resource.PropertyMap) (map[string]any, error) {
	return map[string]any{
		"accountId": s.account, "id": s.account, "userId": "AIDASIMULATED",
		"arn": fmt.Sprintf("arn:%s:iam::%s:user/simulated", partitionOf(s.region).id, s.account),
	}, nil
}

func region(s settings, args resource.PropertyMap) (map[string]any, error) {
	name, err := s.regionOf(args)
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"id": name, "name": name, "region": name, "description": name,
		"endpoint": "ec2." + name + "." + partitionOf(name).dnsSuffix,
	}, nil
}

type partitionFacts struct{ id, dnsSuffix, reverse string }

func partitionOf(region string) partitionFacts {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return partitionFacts{"aws-cn", "amazonaws.com.cn", "cn.com.amazonaws"}
	case strings.HasPrefix(region, "us-gov-"):
		return partitionFacts{"aws-us-gov", "amazonaws.com", "com.amazonaws"}
	}
	return partitionFacts{"aws", "amazonaws.com", "com.amazonaws"}
}

func partition(s settings, args resource.PropertyMap) (map[string]any, error) {
	name, err := s.regionOf(args)
	if err != nil {
		return nil, err
	}
	p := partitionOf(name)
	return map[string]any{"id": p.id, "partition": p.id, "dnsSuffix": p.dnsSuffix, "reverseDnsPrefix": p.reverse}, nil
}

// zoneLetters are the zones that a new account usually sees, where they are not a, b and c.
var zoneLetters = map[string]string{
	"ap-northeast-1": "acd", "ca-central-1": "abd", "us-east-1": "abcdef", "us-west-1": "ac", "us-west-2": "abcd",
}

func availabilityZones(s settings, args resource.PropertyMap) (map[string]any, error) {
	name, err := s.regionOf(args)
	if err != nil {
		return nil, err
	}
	letters, special := zoneLetters[name]
	if !special {
		letters = "abc"
	}
	excluded := map[string]bool{}
	for _, key := range []resource.PropertyKey{"excludeNames", "excludeZoneIds"} {
		if list := args[key]; list.IsArray() {
			for _, item := range list.ArrayValue() {
				excluded[item.StringValue()] = true
			}
		}
	}
	names, ids := []any{}, []any{}
	for i, letter := range letters {
		zone, id := name+string(letter), fmt.Sprintf("%s-az%d", shortRegion(name), i+1)
		if !excluded[zone] && !excluded[id] {
			names, ids = append(names, zone), append(ids, id)
		}
	}
	return map[string]any{"id": name, "region": name, "names": names, "zoneIds": ids, "groupNames": []any{name}}, nil
}

// shortRegion is the region in zone ids: us-east-1 is use1, ap-southeast-2 is apse2.
func shortRegion(region string) string {
	parts := strings.Split(region, "-")
	if len(parts) < 3 {
		return region
	}
	direction := strings.NewReplacer("north", "n", "south", "s", "east", "e", "west", "w", "central", "c").Replace(parts[len(parts)-2])
	return strings.Join(parts[:len(parts)-2], "") + direction + parts[len(parts)-1]
}

func defaultTags(s settings, _ resource.PropertyMap) (map[string]any, error) {
	tags := map[string]any{}
	for key, value := range s.defaultTags {
		tags[key] = value
	}
	return map[string]any{"id": partitionOf(s.region).id, "tags": tags}, nil
}

// authorizationToken is one that no registry takes: a preview pushes nothing.
func authorizationToken(s settings, args resource.PropertyMap) (map[string]any, error) {
	name, err := s.regionOf(args)
	if err != nil {
		return nil, err
	}
	registry := props.String(args, "registryId")
	if registry == "" {
		registry = s.account
	}
	secret := func(text string) any { return resource.MakeSecret(resource.NewStringProperty(text)) }
	return map[string]any{
		"id": name, "region": name, "registryId": registry, "userName": "AWS",
		"password":           secret("simulated"),
		"authorizationToken": secret(base64.StdEncoding.EncodeToString([]byte("AWS:simulated"))),
		"expiresAt":          "1970-01-01T12:00:00Z",
		"proxyEndpoint":      "https://" + registry + ".dkr.ecr." + name + "." + partitionOf(name).dnsSuffix,
	}, nil
}
