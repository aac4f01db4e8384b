package await

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"k8s.io/client-go/util/jsonpath"
)

// customRule reads the annotation pulumi.com/waitFor: `jsonpath={.status.phase}=Running`, `condition=Ready`, or a JSON
// list of such conditions that must all hold.
func customRule(waitFor string) (*rule, error) {
	expressions := []string{waitFor}
	if strings.HasPrefix(strings.TrimSpace(waitFor), "[") {
		if err := json.Unmarshal([]byte(waitFor), &expressions); err != nil {
			return nil, fmt.Errorf("annotation pulumi.com/waitFor: %w", err)
		}
	}
	var judges []func(*view) verdict
	for _, expression := range expressions {
		judge, err := parseCondition(expression)
		if err != nil {
			return nil, err
		}
		judges = append(judges, judge)
	}
	if len(judges) == 0 {
		return nil, fmt.Errorf("annotation pulumi.com/waitFor is an empty list: name a condition, or use pulumi.com/skipAwait")
	}
	return &rule{judge: func(v *view) verdict {
		for _, judge := range judges {
			if result := judge(v); !result.ready {
				return result
			}
		}
		return verdict{ready: true}
	}}, nil
}

func parseCondition(expression string) (func(*view) verdict, error) {
	if rest, found := strings.CutPrefix(expression, "condition="); found {
		kind, wanted, given := strings.Cut(rest, "=")
		if !given {
			wanted = "True"
		}
		return func(v *view) verdict {
			c := condition(v.object.Object, kind)
			status, _ := c["status"].(string)
			return verdict{ready: strings.EqualFold(status, wanted), message: fmt.Sprintf("waiting for condition %s=%s, which is %q", kind, wanted, status)}
		}, nil
	}
	rest, found := strings.CutPrefix(expression, "jsonpath=")
	end := strings.LastIndex(rest, "}")
	if !found || end < 0 {
		return nil, fmt.Errorf("annotation pulumi.com/waitFor is %q: it must be jsonpath={...}, jsonpath={...}=VALUE, condition=TYPE or condition=TYPE=STATUS", expression)
	}
	path := jsonpath.New("waitFor").AllowMissingKeys(true)
	if err := path.Parse(rest[:end+1]); err != nil {
		return nil, fmt.Errorf("annotation pulumi.com/waitFor: %w", err)
	}
	wanted, hasValue := strings.CutPrefix(rest[end+1:], "=")
	wanted = strings.Trim(wanted, `"'`)
	return func(v *view) verdict {
		var value bytes.Buffer
		if err := path.Execute(&value, v.object.Object); err != nil {
			return verdict{message: err.Error()}
		}
		return verdict{
			ready:   value.Len() > 0 && (!hasValue || value.String() == wanted),
			message: fmt.Sprintf("waiting for %s, which is %q", expression, value.String()),
		}
	}, nil
}
