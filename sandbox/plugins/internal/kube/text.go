package kube

import "encoding/base64"

// refreshedText decodes from a live Secret's data what the program gave as stringData.
func refreshedText(live, text map[string]any) map[string]any {
	data, _ := live["data"].(map[string]any)
	refreshed := make(map[string]any, len(text))
	for key, value := range text {
		refreshed[key] = value
		encoded, has := data[key].(string)
		if !has {
			continue
		}
		if plain, err := base64.StdEncoding.DecodeString(encoded); err == nil {
			refreshed[key] = string(plain)
		}
	}
	return refreshed
}
