package netpol

import (
	"bytes"
	"fmt"
	"os/exec"
	"slices"
	"strings"
)

// table comes before filter, where kube-proxy accepts some traffic for good.
const table = "mangle"

// packetFilter writes chains and remembers what it wrote.
type packetFilter struct {
	run     func(input string, argv ...string) (string, error)
	written string
	names   []string
}

// apply replaces all chains in one step, so that no packet meets half of them.
func (f *packetFilter) apply(chains []chain) error {
	if f.names == nil {
		names, err := f.present()
		if err != nil {
			return err
		}
		f.names = names
	}
	text, names := render(chains, f.names)
	if text == f.written {
		return nil
	}
	if _, err := f.run(text, "iptables-restore", "--wait", "5", "--noflush"); err != nil {
		return err
	}
	for parent, own := range map[string]string{"FORWARD": forwardChain, "INPUT": localChain} {
		if _, err := f.run("", "iptables", "--wait", "5", "-t", table, "-C", parent, "-j", own); err == nil {
			continue
		}
		if _, err := f.run("", "iptables", "--wait", "5", "-t", table, "-I", parent, "-j", own); err != nil {
			return err
		}
	}
	f.names = names
	f.written, _ = render(chains, names)
	return nil
}

// present finds the chains of an earlier process.
func (f *packetFilter) present() ([]string, error) {
	saved, err := f.run("", "iptables-save", "-t", table)
	if err != nil {
		return nil, err
	}
	names := []string{}
	for _, line := range strings.Split(saved, "\n") {
		if name, _, ok := strings.Cut(strings.TrimPrefix(line, ":"), " "); ok && strings.HasPrefix(line, ":"+podPrefix) {
			names = append(names, name)
		}
	}
	return names, nil
}

// render is the input of iptables-restore: every chain anew, and those of before that are gone removed.
func render(chains []chain, before []string) (string, []string) {
	var out strings.Builder
	names := []string{}
	fmt.Fprintf(&out, "*%s\n", table)
	for _, c := range chains {
		fmt.Fprintf(&out, ":%s - [0:0]\n", c.name)
		if strings.HasPrefix(c.name, podPrefix) {
			names = append(names, c.name)
		}
	}
	gone := slices.DeleteFunc(slices.Clone(before), func(name string) bool { return slices.Contains(names, name) })
	for _, name := range gone {
		fmt.Fprintf(&out, ":%s - [0:0]\n", name)
	}
	for _, c := range chains {
		for _, rule := range c.rules {
			fmt.Fprintf(&out, "-A %s %s\n", c.name, rule)
		}
	}
	for _, name := range gone {
		fmt.Fprintf(&out, "-X %s\n", name)
	}
	out.WriteString("COMMIT\n")
	return out.String(), names
}

func runTool(input string, argv ...string) (string, error) {
	command := exec.Command(argv[0], argv[1:]...)
	command.Stdin = strings.NewReader(input)
	var problem bytes.Buffer
	command.Stderr = &problem
	output, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, strings.TrimSpace(problem.String()))
	}
	return string(output), nil
}
