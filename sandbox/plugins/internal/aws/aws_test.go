package aws

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"

	"ai-platform/sandbox/plugins/internal/props"
)

const urnStart = "urn:pulumi:dev::test::aws:"

func write(t *testing.T, values map[string]any) *structpb.Struct {
	t.Helper()
	bag, err := props.Write(resource.NewPropertyMapFromMap(values))
	if err != nil {
		t.Fatal(err)
	}
	return bag
}

func check(t *testing.T, kind string, olds, news map[string]any) (resource.PropertyMap, []*pulumirpc.CheckFailure) {
	t.Helper()
	p := &provider{settings: settings{region: "eu-west-1", defaultTags: map[string]string{"Team": "ml"}}}
	response, err := p.Check(t.Context(), &pulumirpc.CheckRequest{Urn: urnStart + kind + "::thing", Olds: write(t, olds), News: write(t, news), RandomSeed: []byte("seed")})
	if err != nil {
		t.Fatal(err)
	}
	inputs, err := props.Read(response.Inputs)
	if err != nil {
		t.Fatal(err)
	}
	return inputs, response.Failures
}

func TestCheckNames(t *testing.T) {
	bucket, _ := check(t, "s3/bucket:Bucket", nil, nil)
	if name := props.String(bucket, "bucket"); !strings.HasPrefix(name, "thing-") || name != strings.ToLower(name) {
		t.Errorf("bucket is named %q", name)
	}
	again, _ := check(t, "s3/bucket:Bucket", bucket.Mappable(), nil)
	if props.String(again, "bucket") != props.String(bucket, "bucket") {
		t.Error("the made-up name changed")
	}
	given, _ := check(t, "s3/bucket:Bucket", bucket.Mappable(), map[string]any{"bucket": "mine"})
	if props.String(given, "bucket") != "mine" || wasDefault(given, "bucket") {
		t.Errorf("the program's own name became %v", given)
	}
	balancer, _ := check(t, "lb/loadBalancer:LoadBalancer", nil, nil)
	if len(props.String(balancer, "name")) > 32 {
		t.Errorf("the name %q is too long for a load balancer", props.String(balancer, "name"))
	}
	if vpc, _ := check(t, "ec2/vpc:Vpc", nil, nil); props.String(vpc, "name") != "" {
		t.Error("a VPC has no name")
	}
}

func TestCheckTagsAndRegion(t *testing.T) {
	inputs, failures := check(t, "ec2/vpc:Vpc", nil, map[string]any{"cidrBlock": "10.0.0.0/16", "tags": map[string]any{"Team": "own", "Name": "n"}})
	all := inputs["tagsAll"].ObjectValue()
	if len(failures) > 0 || all["Team"].StringValue() != "own" || all["Name"].StringValue() != "n" || props.String(inputs, "region") != "eu-west-1" {
		t.Errorf("%v %v", inputs, failures)
	}
	if plain, _ := check(t, "ec2/vpc:Vpc", nil, nil); plain["tagsAll"].ObjectValue()["Team"].StringValue() != "ml" {
		t.Errorf("the default tags are missing: %v", plain)
	}
	if rule, _ := check(t, "iam/rolePolicyAttachment:RolePolicyAttachment", nil, map[string]any{"role": "r", "policyArn": "p"}); rule.HasValue("tagsAll") {
		t.Error("what cannot have tags has some")
	}
}

func TestCheckFailures(t *testing.T) {
	_, failures := check(t, "ec2/subnet:Subnet", nil, map[string]any{"cidrblock": "10.0.0.0/24"})
	if len(failures) != 2 || failures[0].Property != "vpcId" || !strings.Contains(failures[1].Reason, "did you mean cidrBlock?") {
		t.Errorf("%v", failures)
	}
	if _, failures := check(t, "nothing/known:Known", nil, map[string]any{"x": "y"}); len(failures) > 0 {
		t.Errorf("a type outside the table was judged: %v", failures)
	}
}

func diff(t *testing.T, kind string, olds, news map[string]any) *pulumirpc.DiffResponse {
	t.Helper()
	response, err := (&provider{}).Diff(t.Context(), &pulumirpc.DiffRequest{Urn: urnStart + kind + "::thing", OldInputs: write(t, olds), News: write(t, news)})
	if err != nil {
		t.Fatal(err)
	}
	return response
}

func TestDiff(t *testing.T) {
	for name, test := range map[string]struct {
		kind       string
		olds, news map[string]any
		replaces   bool
	}{
		"vpc cidr":             {"ec2/vpc:Vpc", map[string]any{"cidrBlock": "10.0.0.0/16"}, map[string]any{"cidrBlock": "10.1.0.0/16"}, true},
		"vpc dns":              {"ec2/vpc:Vpc", map[string]any{"enableDnsSupport": true}, map[string]any{"enableDnsSupport": false}, false},
		"node group types":     {"eks/nodeGroup:NodeGroup", map[string]any{"instanceTypes": []any{"g5.xlarge"}}, map[string]any{"instanceTypes": []any{"g6.xlarge"}}, true},
		"node group size":      {"eks/nodeGroup:NodeGroup", map[string]any{"scalingConfig": map[string]any{"maxSize": 1.0}}, map[string]any{"scalingConfig": map[string]any{"maxSize": 2.0}}, false},
		"deep and replacing":   {"eks/nodeGroup:NodeGroup", map[string]any{"launchTemplate": map[string]any{"id": "a", "version": "1"}}, map[string]any{"launchTemplate": map[string]any{"id": "b", "version": "1"}}, true},
		"deep and not":         {"eks/nodeGroup:NodeGroup", map[string]any{"launchTemplate": map[string]any{"id": "a", "version": "1"}}, map[string]any{"launchTemplate": map[string]any{"id": "a", "version": "2"}}, false},
		"in a list, replacing": {"ec2/instance:Instance", map[string]any{"ebsBlockDevices": []any{map[string]any{"deviceName": "a"}}}, map[string]any{"ebsBlockDevices": []any{map[string]any{"deviceName": "b"}}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			response := diff(t, test.kind, test.olds, test.news)
			if response.Changes != pulumirpc.DiffResponse_DIFF_SOME || (len(response.Replaces) > 0) != test.replaces {
				t.Errorf("%v", response)
			}
		})
	}
	same := map[string]any{"name": "fixed", "loadBalancerType": "network"}
	if response := diff(t, "lb/loadBalancer:LoadBalancer", same, map[string]any{"name": "fixed", "loadBalancerType": "application"}); !response.DeleteBeforeReplace {
		t.Error("two load balancers cannot have one name")
	}
	if response := diff(t, "lb/loadBalancer:LoadBalancer", same, same); response.Changes != pulumirpc.DiffResponse_DIFF_NONE {
		t.Errorf("%v", response)
	}
}

func TestRefusesToPretend(t *testing.T) {
	p := &provider{}
	urn := urnStart + "ec2/vpc:Vpc::thing"
	_, created := p.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn})
	_, updated := p.Update(t.Context(), &pulumirpc.UpdateRequest{Urn: urn})
	_, read := p.Read(t.Context(), &pulumirpc.ReadRequest{Urn: urn})
	_, deleted := p.Delete(t.Context(), &pulumirpc.DeleteRequest{Urn: urn})
	for _, err := range []error{created, updated, read, deleted} {
		if err == nil || !strings.Contains(err.Error(), "simulated") {
			t.Errorf("got %v", err)
		}
	}
}

func invoke(t *testing.T, token string, args map[string]any) map[string]any {
	t.Helper()
	p := &provider{settings: settings{region: "ap-southeast-2", account: "111122223333"}}
	response, err := p.Invoke(t.Context(), &pulumirpc.InvokeRequest{Tok: token, Args: write(t, args)})
	if err != nil {
		t.Fatal(err)
	}
	return response.Return.AsMap()
}

func TestAuthorizationToken(t *testing.T) {
	const token = "aws:ecr/getAuthorizationToken:getAuthorizationToken"
	got := invoke(t, token, map[string]any{"region": "us-east-1"})
	if got["userName"] != "AWS" || got["proxyEndpoint"] != "https://111122223333.dkr.ecr.us-east-1.amazonaws.com" {
		t.Errorf("%v", got)
	}
	for _, key := range []string{"password", "authorizationToken"} {
		if marked, ok := got[key].(map[string]any); !ok || marked["value"] == nil {
			t.Errorf("%s is no secret: %v", key, got[key])
		}
	}
	if other := invoke(t, token, map[string]any{"registryId": "444455556666"}); other["proxyEndpoint"] != "https://444455556666.dkr.ecr.ap-southeast-2.amazonaws.com" {
		t.Errorf("%v", other)
	}
}

func TestFunctions(t *testing.T) {
	if got := invoke(t, "aws:index/getCallerIdentity:getCallerIdentity", nil); got["accountId"] != "111122223333" {
		t.Errorf("%v", got)
	}
	if got := invoke(t, "aws:index/getRegion:getRegion", nil); got["region"] != "ap-southeast-2" {
		t.Errorf("%v", got)
	}
	zones := invoke(t, "aws:index/getAvailabilityZones:getAvailabilityZones", map[string]any{"excludeNames": []any{"ap-southeast-2a"}})
	if names, ids := zones["names"].([]any), zones["zoneIds"].([]any); len(names) != 2 || names[0] != "ap-southeast-2b" || ids[0] != "apse2-az2" {
		t.Errorf("%v", zones)
	}
	if got := invoke(t, "aws:index/getPartition:getPartition", map[string]any{"region": "cn-north-1"}); got["partition"] != "aws-cn" {
		t.Errorf("%v", got)
	}
	if _, err := (&provider{}).Invoke(t.Context(), &pulumirpc.InvokeRequest{Tok: "aws:ec2/getAmi:getAmi"}); err == nil || !strings.Contains(err.Error(), "getAmi") {
		t.Errorf("got %v", err)
	}
}

func TestPolicyDocument(t *testing.T) {
	statement := map[string]any{
		"sid": "Read", "actions": []any{"s3:GetObject", "s3:ListBucket"}, "resources": []any{"arn:aws:s3:::b/&{aws:username}"},
		"principals": []any{map[string]any{"type": "Service", "identifiers": []any{"pods.eks.amazonaws.com"}}},
		"conditions": []any{map[string]any{"test": "StringEquals", "variable": "aws:SourceAccount", "values": []any{"1"}}},
	}
	want := `{"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow","Action":["s3:ListBucket","s3:GetObject"],"Resource":"arn:aws:s3:::b/${aws:username}","Principal":{"Service":"pods.eks.amazonaws.com"},"Condition":{"StringEquals":{"aws:SourceAccount":"1"}}}]}`
	got := invoke(t, "aws:iam/getPolicyDocument:getPolicyDocument", map[string]any{"statements": []any{statement}})
	if got["minifiedJson"] != want {
		t.Errorf("got %v", got["minifiedJson"])
	}
	var pretty, minified any
	if json.Unmarshal([]byte(got["json"].(string)), &pretty) != nil || json.Unmarshal([]byte(want), &minified) != nil || !strings.Contains(got["json"].(string), "\n  \"Statement\"") {
		t.Errorf("got %v", got["json"])
	}
	merged := invoke(t, "aws:iam/getPolicyDocument:getPolicyDocument", map[string]any{
		"sourcePolicyDocuments": []any{want}, "overridePolicyDocuments": []any{`{"Statement":[{"Sid":"Read","Effect":"Deny"}]}`},
	})
	if merged["minifiedJson"] != `{"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Deny"}]}` {
		t.Errorf("got %v", merged["minifiedJson"])
	}
	if any := invoke(t, "aws:iam/getPolicyDocument:getPolicyDocument", map[string]any{"statements": []any{map[string]any{"effect": "Deny", "actions": []any{"*"}, "principals": []any{map[string]any{"type": "*", "identifiers": []any{"*"}}}}}}); !strings.Contains(any["minifiedJson"].(string), `"Principal":"*"`) {
		t.Errorf("got %v", any)
	}
}

func TestNestedOutputsAreNotKnownYet(t *testing.T) {
	p := &provider{}
	inputs := map[string]any{"vpcConfig": map[string]any{"subnetIds": []any{"a", "b"}}}
	created, err := p.Create(t.Context(), &pulumirpc.CreateRequest{
		Urn: urnStart + "eks/cluster:Cluster::thing", Preview: true, Properties: write(t, inputs),
	})
	if err != nil {
		t.Fatal(err)
	}
	outputs, err := props.Read(created.GetProperties())
	if err != nil {
		t.Fatal(err)
	}
	group := outputs["vpcConfig"].ObjectValue()["clusterSecurityGroupId"]
	if !group.IsComputed() && !group.IsOutput() {
		t.Errorf("the cluster's security group is %v", group)
	}

	olds := map[string]any{"vpcConfig": map[string]any{"subnetIds": []any{"a"}, "clusterSecurityGroupId": "sg-1"}}
	updated, err := p.Update(t.Context(), &pulumirpc.UpdateRequest{
		Urn: urnStart + "eks/cluster:Cluster::thing", Preview: true, Olds: write(t, olds), News: write(t, inputs),
	})
	if err != nil {
		t.Fatal(err)
	}
	outputs, err = props.Read(updated.GetProperties())
	if err != nil {
		t.Fatal(err)
	}
	if group := props.String(outputs["vpcConfig"].ObjectValue(), "clusterSecurityGroupId"); group != "sg-1" {
		t.Errorf("after an update the security group is %q", group)
	}
}
