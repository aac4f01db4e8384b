// Prints what Ollama itself makes of its environment: a JSON object of text by variable.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/ollama/ollama/envconfig"
)

func main() {
	values := map[string]string{}
	for name, setting := range envconfig.AsMap() {
		values[name] = fmt.Sprint(setting.Value)
	}
	if err := json.NewEncoder(os.Stdout).Encode(values); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
