package kube

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"ai-platform/sandbox/plugins/internal/props"
)

func contains(text, part string) bool { return strings.Contains(text, part) }

const deploymentURN = "urn:pulumi:local::test::kubernetes:apps/v1:Deployment::web"

func offline() *provider {
	return &provider{cluster: newCluster(settings{kubeconfig: "/nowhere/kubeconfig"})}
}

func check(t *testing.T, p *provider, urn string, olds, news resource.PropertyMap) (resource.PropertyMap, []*pulumirpc.CheckFailure) {
	t.Helper()
	oldBag, err := props.Write(olds)
	if err != nil {
		t.Fatal(err)
	}
	newBag, err := props.Write(news)
	if err != nil {
		t.Fatal(err)
	}
	response, err := p.Check(t.Context(), &pulumirpc.CheckRequest{Urn: urn, Olds: oldBag, News: newBag, RandomSeed: []byte("seed")})
	if err != nil {
		t.Fatal(err)
	}
	inputs, err := props.Read(response.Inputs)
	if err != nil {
		t.Fatal(err)
	}
	return inputs, response.Failures
}

func bag(values map[string]any) resource.PropertyMap { return resource.NewPropertyMapFromMap(values) }

func TestCheckNamesWhatHasNoName(t *testing.T) {
	p := offline()
	first, _ := check(t, p, deploymentURN, nil, bag(object{}))
	name, _ := nested(first, "metadata", "name")
	if !strings.HasPrefix(name.StringValue(), "web-") || !autonamed(first) {
		t.Errorf("named %v", name)
	}
	if kind, _ := nested(first, "kind"); kind.StringValue() != "Deployment" {
		t.Errorf("kind is %v", kind)
	}
	if namespace, _ := nested(first, "metadata", "namespace"); namespace.StringValue() != "default" {
		t.Errorf("namespace is %v", namespace)
	}
	second, _ := check(t, p, deploymentURN, first, bag(object{"metadata": object{"labels": object{"a": "b"}}}))
	if again, _ := nested(second, "metadata", "name"); again.StringValue() != name.StringValue() {
		t.Errorf("the name changed from %v to %v", name, again)
	}
	given, _ := check(t, p, deploymentURN, first, bag(object{"metadata": object{"name": "mine"}}))
	if own, _ := nested(given, "metadata", "name"); own.StringValue() != "mine" || autonamed(given) {
		t.Errorf("the program's own name became %v", own)
	}
}

func TestCheckKeepsUnknownsAndSecrets(t *testing.T) {
	inputs, _ := check(t, offline(), "urn:pulumi:local::test::kubernetes:core/v1:Secret::s", nil, resource.PropertyMap{
		"metadata":   resource.NewObjectProperty(resource.PropertyMap{"name": resource.MakeComputed(resource.NewStringProperty(""))}),
		"stringData": resource.NewObjectProperty(bag(object{"password": "p"})),
	})
	if name, _ := nested(inputs, "metadata", "name"); !name.IsComputed() {
		t.Errorf("an unknown name became %v", name)
	}
	if !inputs["stringData"].IsSecret() {
		t.Error("the contents of a Secret are not secret")
	}
}

func TestCheckRefuses(t *testing.T) {
	if _, failures := check(t, offline(), deploymentURN, nil, bag(object{"metadata": object{"generateName": "x-"}})); len(failures) == 0 {
		t.Error("generateName was accepted")
	}
	if _, failures := check(t, offline(), "urn:pulumi:local::test::kubernetes:apps/v1:DeploymentPatch::web", nil, bag(object{})); len(failures) == 0 {
		t.Error("a patch without a name was accepted")
	}
}

func TestClusterWideKindsGetNoNamespace(t *testing.T) {
	for urn, want := range map[string]bool{
		"urn:pulumi:local::test::kubernetes:core/v1:Namespace::n":                                      false,
		"urn:pulumi:local::test::kubernetes:rbac.authorization.k8s.io/v1:ClusterRole::c":               false,
		"urn:pulumi:local::test::kubernetes:networking.k8s.io/v1:IngressClass::c":                      false,
		"urn:pulumi:local::test::kubernetes:networking.k8s.io/v1:Ingress::c":                           true,
		"urn:pulumi:local::test::kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition::widgets": false,
		"urn:pulumi:local::test::kubernetes:example.com/v1:Widget::w":                                  true,
	} {
		inputs, _ := check(t, offline(), urn, nil, bag(object{}))
		if _, has := nested(inputs, "metadata", "namespace"); has != want {
			t.Errorf("%s: namespace is %v", urn, has)
		}
	}
}

func TestStateHidesSecrets(t *testing.T) {
	inputs := resource.PropertyMap{
		"apiVersion": resource.NewStringProperty("v1"), "kind": resource.NewStringProperty("Secret"),
		"stringData": resource.MakeSecret(resource.NewObjectProperty(bag(object{"password": "p"}))),
	}
	state, err := checkpoint(inputs, object{"apiVersion": "v1", "kind": "Secret", "data": object{"password": "cA=="}, "metadata": object{"managedFields": []any{}}}, "manager")
	if err != nil {
		t.Fatal(err)
	}
	outputs, err := props.Read(state)
	if err != nil {
		t.Fatal(err)
	}
	given := props.Unwrap(outputs[keyInputs])
	if !outputs["data"].IsSecret() || !given.ObjectValue()["stringData"].IsSecret() {
		t.Errorf("state shows %v", outputs)
	}
	if _, has := nested(outputs, "metadata", "managedFields"); has {
		t.Error("managedFields are in state")
	}
}

func TestSecretsSpreadToOutputs(t *testing.T) {
	ins := resource.PropertyMap{"spec": resource.NewObjectProperty(resource.PropertyMap{
		"password": resource.MakeSecret(resource.NewStringProperty("p")),
		"env":      resource.NewArrayProperty([]resource.PropertyValue{resource.MakeSecret(resource.NewStringProperty("x"))}),
	})}
	outs := bag(object{"spec": object{"password": "p", "env": []any{"x", "y"}, "open": "1"}})
	copySecrets(outs, ins)
	spec := outs["spec"].ObjectValue()
	if !spec["password"].IsSecret() || !spec["env"].IsSecret() || spec["open"].IsSecret() {
		t.Errorf("got %v", spec)
	}
}

func TestObjectsComeBackAsTheyWere(t *testing.T) {
	in := resource.PropertyMap{
		"a":                  resource.NewNumberProperty(3),
		"b":                  resource.NewNumberProperty(1.5),
		"list":               resource.NewArrayProperty([]resource.PropertyValue{resource.NewBoolProperty(true)}),
		"x_kubernetes_thing": resource.NewStringProperty("t"),
		"nothing":            resource.NewNullProperty(),
		"later":              resource.MakeComputed(resource.NewStringProperty("")),
	}
	converted := toObject(in)
	if converted["a"] != int64(3) || converted["b"] != 1.5 || converted["x-kubernetes-thing"] != "t" || !hasUnknown(converted) {
		t.Errorf("got %v", converted)
	}
	back := fromObject(converted)
	delete(in, "nothing")
	if !back.DeepEquals(in) {
		t.Errorf("got %v", back)
	}
}

func TestUnreachableClusterDoesNotStopAPreview(t *testing.T) {
	p := offline()
	news, _ := props.Write(bag(object{"apiVersion": "v1", "kind": "Service", "metadata": object{"name": "s"}, "spec": object{}}))
	urn := "urn:pulumi:local::test::kubernetes:core/v1:Service::s"
	response, err := p.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn, Properties: news, Preview: true})
	if err != nil {
		t.Fatal(err)
	}
	outputs, _ := props.Read(response.Properties)
	if ip, _ := nested(outputs, "spec", "clusterIP"); !ip.IsComputed() {
		t.Errorf("the address that the server will give is %v in the preview", ip)
	}
	if _, err := p.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn, Properties: news}); err == nil || !contains(err.Error(), "kubeconfig") {
		t.Errorf("without a cluster: %v", err)
	}
}

func TestFieldManagerIsStable(t *testing.T) {
	a := fieldManagerOf(nil, "urn:a", of("v1", "ConfigMap"))
	if a != fieldManagerOf(nil, "urn:a", of("v1", "ConfigMap")) || a == fieldManagerOf(nil, "urn:b", of("v1", "ConfigMap")) {
		t.Error("the field manager must depend on the resource and on nothing else")
	}
	if given := fieldManagerOf(bag(object{keyFieldManager: "old"}), "urn:a", of("v1", "ConfigMap")); given != "old" {
		t.Errorf("the manager in state is not kept: %s", given)
	}
}

func TestSettings(t *testing.T) {
	for _, variables := range []map[string]string{
		{"kubernetes:config:enableServerSideApply": "false"},
		{"kubernetes:config:renderYamlToDirectory": "x"},
		{"kubernetes:config:kubeClientSettings": "{"},
		{"kubernetes:config:contxt": "mine"},
	} {
		if _, err := readSettings(variables); err == nil {
			t.Errorf("%v was accepted", variables)
		}
	}
	kubeconfig := "apiVersion: v1\nkind: Config\ncurrent-context: a\nclusters: [{name: c, cluster: {server: 'https://one'}}, {name: d, cluster: {server: 'https://two'}}]\ncontexts: [{name: a, context: {cluster: c, namespace: apps}}, {name: b, context: {cluster: d}}]\n"
	config, namespace, err := settings{kubeconfig: kubeconfig}.restConfig()
	if err != nil || config.Host != "https://one" || namespace != "apps" || config.QPS >= 0 {
		t.Errorf("%v %v %v", config, namespace, err)
	}
	before := bag(object{"kubeconfig": kubeconfig})
	if pointsElsewhere(before, bag(object{"kubeconfig": kubeconfig + "\n"})) {
		t.Error("the same server is another cluster")
	}
	if !pointsElsewhere(before, bag(object{"kubeconfig": kubeconfig, "context": "b"})) {
		t.Error("another server is the same cluster")
	}
}
