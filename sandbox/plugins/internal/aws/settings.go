package aws

import (
	"encoding/json"
	"fmt"
	"os"
)

// exampleAccount is the account number of AWS's own documentation.
const exampleAccount = "123456789012"

// settings is the part of the provider's configuration that a preview shows.
type settings struct {
	region      string
	account     string
	defaultTags map[string]string
}

func readSettings(variables map[string]string) (settings, error) {
	s := settings{region: variables["aws:config:region"], account: exampleAccount}
	for _, variable := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
		if s.region == "" {
			s.region = os.Getenv(variable)
		}
	}
	var defaults struct {
		Tags map[string]string `json:"tags"`
	}
	if raw := variables["aws:config:defaultTags"]; raw != "" {
		if err := json.Unmarshal([]byte(raw), &defaults); err != nil {
			return s, fmt.Errorf("aws:defaultTags: %w", err)
		}
	}
	s.defaultTags = defaults.Tags
	var accounts []string
	if raw := variables["aws:config:allowedAccountIds"]; raw != "" {
		if err := json.Unmarshal([]byte(raw), &accounts); err != nil {
			return s, fmt.Errorf("aws:allowedAccountIds: %w", err)
		}
	}
	if len(accounts) > 0 {
		s.account = accounts[0]
	}
	return s, nil
}
