package kube

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientapi "k8s.io/client-go/tools/clientcmd/api"
)

// settings is the provider's configuration, from the stack, the provider's arguments or the environment.
type settings struct {
	kubeconfig, context, cluster, namespace string
	// enablePatchForce takes over fields that other managers own, for every resource.
	enablePatchForce bool
	// upsertExistingObjects adopts objects that exist already instead of refusing to create them.
	upsertExistingObjects bool
	// deleteUnreachable drops resources from state when the cluster cannot be reached.
	deleteUnreachable bool
	// skipUpdateUnreachable leaves state as it is when the cluster cannot be reached.
	skipUpdateUnreachable bool
	// configMaps and Secrets that are replaced rather than updated unless these are set, so that pods see the change.
	enableConfigMapMutable, enableSecretMutable bool
	client                                      clientSettings
}

type clientSettings struct {
	Burst   *int     `json:"burst"`
	QPS     *float64 `json:"qps"`
	Timeout *int     `json:"timeout"`
}

// readSettings takes the engine's `kubernetes:config:*` variables; where one is missing the environment decides.
func readSettings(variables map[string]string) (settings, error) {
	if err := checkNames(variables); err != nil {
		return settings{}, err
	}
	get := func(key string) string { return variables["kubernetes:config:"+key] }
	flag := func(key, env string) bool {
		if value, set := variables["kubernetes:config:"+key]; set {
			return value == "true"
		}
		return os.Getenv(env) == "true"
	}
	s := settings{
		kubeconfig:             get("kubeconfig"),
		context:                get("context"),
		cluster:                get("cluster"),
		namespace:              get("namespace"),
		enablePatchForce:       flag("enablePatchForce", "PULUMI_K8S_ENABLE_PATCH_FORCE"),
		upsertExistingObjects:  flag("upsertExistingObjects", "PULUMI_K8S_UPSERT_EXISTING_OBJECTS"),
		deleteUnreachable:      flag("deleteUnreachable", "PULUMI_K8S_DELETE_UNREACHABLE"),
		skipUpdateUnreachable:  flag("skipUpdateUnreachable", "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE"),
		enableConfigMapMutable: flag("enableConfigMapMutable", "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE"),
		enableSecretMutable:    flag("enableSecretMutable", "PULUMI_K8S_ENABLE_SECRET_MUTABLE"),
	}
	if raw := get("kubeClientSettings"); raw != "" {
		if err := json.Unmarshal([]byte(raw), &s.client); err != nil {
			return s, fmt.Errorf("kubernetes:kubeClientSettings: %w", err)
		}
	}
	if get("enableServerSideApply") == "false" {
		return s, fmt.Errorf("kubernetes:enableServerSideApply is false: the provider of the sandbox knows server-side apply only; unset it or install the official plugin")
	}
	if get("renderYamlToDirectory") != "" {
		return s, fmt.Errorf("kubernetes:renderYamlToDirectory: the provider of the sandbox writes no YAML; unset it or install the official plugin")
	}
	return s, nil
}

// settingNames are the official provider's, also those that mean nothing here.
var settingNames = set(
	"alwaysRender", "cluster", "clusterIdentifier", "context", "deleteUnreachable", "enableConfigMapMutable",
	"enablePatchForce", "enableReplaceCRD", "enableSecretMutable", "enableServerSideApply", "helmReleaseSettings",
	"kubeClientSettings", "kubeconfig", "namespace", "renderYamlToDirectory", "skipUpdateUnreachable", "strictMode",
	"suppressDeprecationWarnings", "suppressHelmHookWarnings", "upsertExistingObjects", "version",
)

// checkNames refuses what nothing reads: with a misspelt context, whichever cluster is the current one would be changed.
func checkNames(variables map[string]string) error {
	for variable := range variables {
		name, ours := strings.CutPrefix(variable, "kubernetes:config:")
		if ours && !settingNames[name] {
			return fmt.Errorf("kubernetes:%s: there is no such setting; there are: %s",
				name, strings.Join(slices.Sorted(maps.Keys(settingNames)), ", "))
		}
	}
	return nil
}

// loader reads the kubeconfig: given as contents or as a path, else from $KUBECONFIG and the default path.
func (s settings) loader() (clientcmd.ClientConfig, error) {
	overrides := &clientcmd.ConfigOverrides{
		CurrentContext: s.context,
		Context:        clientapi.Context{Cluster: s.cluster, Namespace: s.namespace},
	}
	if s.kubeconfig == "" {
		return clientcmd.NewNonInteractiveDeferredLoadingClientConfig(clientcmd.NewDefaultClientConfigLoadingRules(), overrides), nil
	}
	parsed, err := parseKubeconfig(s.kubeconfig)
	if err != nil {
		return nil, err
	}
	return clientcmd.NewDefaultClientConfig(*parsed, overrides), nil
}

// parseKubeconfig takes contents, a path, or a list of paths as in $KUBECONFIG.
func parseKubeconfig(pathOrContents string) (*clientapi.Config, error) {
	if strings.ContainsAny(pathOrContents, "\n{") {
		return clientcmd.Load([]byte(pathOrContents))
	}
	var paths []string
	for _, path := range filepath.SplitList(pathOrContents) {
		if rest, inHome := strings.CutPrefix(path, "~/"); inHome {
			home, err := os.UserHomeDir()
			if err != nil {
				return nil, err
			}
			path = filepath.Join(home, rest)
		}
		paths = append(paths, path)
	}
	if len(paths) == 1 {
		return clientcmd.LoadFromFile(paths[0])
	}
	return (&clientcmd.ClientConfigLoadingRules{Precedence: paths}).Load()
}

// restConfig is tuned for many short calls at once: the API server's own priority and fairness is the only limit.
func (s settings) restConfig() (*rest.Config, string, error) {
	loader, err := s.loader()
	if err != nil {
		return nil, "default", err
	}
	namespace, _, err := loader.Namespace()
	if err != nil {
		return nil, "default", err
	}
	config, err := loader.ClientConfig()
	if err != nil {
		return nil, namespace, err
	}
	config.QPS = -1
	if s.client.QPS != nil {
		config.QPS = float32(*s.client.QPS)
	}
	if s.client.Burst != nil {
		config.Burst = *s.client.Burst
	}
	if s.client.Timeout != nil {
		config.Timeout = time.Duration(*s.client.Timeout) * time.Second
	}
	config.UserAgent = "ai-platform-sandbox"
	config.WarningHandler = rest.NoWarnings{}
	return config, namespace, nil
}
