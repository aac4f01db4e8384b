// Reads prometheus-adapter's configuration from standard input with its own code, and says, as JSON, under which name it
// serves the series of each rule and what it then asks Prometheus for two pods.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"

	"github.com/prometheus/common/model"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	prom "sigs.k8s.io/prometheus-adapter/pkg/client"
	"sigs.k8s.io/prometheus-adapter/pkg/config"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"
)

type served struct {
	Series string `json:"series"`
	Metric string `json:"metric"`
	Query  string `json:"query"`
}

var nameMatcher = regexp.MustCompile(`__name__="([^"]+)"`)

func main() {
	all, err := read(os.Stdin)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(all)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func read(from io.Reader) ([]served, error) {
	text, err := io.ReadAll(from)
	if err != nil {
		return nil, err
	}
	cfg, err := config.FromYAML(text)
	if err != nil {
		return nil, err
	}
	namers, err := naming.NamersFromConfig(cfg.Rules, pods())
	if err != nil {
		return nil, err
	}
	all := make([]served, 0, len(namers))
	for _, namer := range namers {
		name := nameMatcher.FindStringSubmatch(string(namer.Selector()))
		if name == nil {
			return nil, fmt.Errorf("%s is of no one series", namer.Selector())
		}
		series := prom.Series{Name: name[1], Labels: model.LabelSet{"namespace": "ai-models", "pod": "a"}}
		for _, kept := range namer.FilterSeries([]prom.Series{series}) {
			metric, err := namer.MetricNameForSeries(kept)
			if err != nil {
				return nil, err
			}
			query, err := namer.QueryForSeries(kept.Name, schema.GroupResource{Resource: "pods"}, "ai-models", labels.Everything(), "a", "b")
			if err != nil {
				return nil, err
			}
			all = append(all, served{Series: kept.Name, Metric: metric, Query: string(query)})
		}
	}
	return all, nil
}

// pods is what the API server would say there is.
func pods() meta.RESTMapper {
	mapper := meta.NewDefaultRESTMapper([]schema.GroupVersion{corev1.SchemeGroupVersion})
	mapper.Add(corev1.SchemeGroupVersion.WithKind("Pod"), meta.RESTScopeNamespace)
	mapper.Add(corev1.SchemeGroupVersion.WithKind("Namespace"), meta.RESTScopeRoot)
	return mapper
}
