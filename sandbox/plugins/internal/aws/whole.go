package aws

import (
	"os"
	"syscall"
)

// Become replaces this process with the provider of the simulated AWS where the sandbox runs one: it names the
// program. Where it runs none, the preview-only provider of this package answers.
// The name that this process was started under goes along: it tells the version.
func Become() error {
	program := os.Getenv("AI_PLATFORM_AWS_PROVIDER")
	if program == "" {
		return nil
	}
	return syscall.Exec(program, os.Args, os.Environ())
}
