//go:build linux

package hostnet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// removeIPTables removes the rules that bear the sandbox's name: its own, and
// those that the portmap plugin left for host ports of pods that were ended
// without being asked.
func removeIPTables(ctx context.Context, instance string) error {
	var failed []error
	for _, table := range []string{"filter", "nat"} {
		saved, err := run(ctx, "", "iptables-save", "-t", table)
		if err != nil {
			failed = append(failed, fmt.Errorf("listing the iptables rules: %w", err))
			continue
		}
		for _, command := range undo(saved, instance) {
			argv := slices.Concat([]string{"iptables", "-w", "-t", table}, command)
			if _, err := run(ctx, "", argv...); err != nil {
				failed = append(failed, fmt.Errorf("removing an iptables rule: %w", err))
			}
		}
	}
	return errors.Join(failed...)
}

// undo reads the rules of one table, as iptables-save prints them, and
// returns the arguments of the iptables calls that remove those which bear
// the name, the chains only they lead to, and all of portmap's chains when
// they serve no other network. Rules go before chains and every chain is
// emptied before the first is removed, because chains refer to each other.
func undo(saved, name string) [][]string {
	var rules [][]string
	var chains []string
	others := false
	for _, rule := range parseRules(saved) {
		if !bears(rule, name) {
			others = others || rule[0] == portmapDispatch
			continue
		}
		rules = append(rules, rule)
		if chain := target(rule); strings.HasPrefix(chain, portmapChain) {
			chains = append(chains, chain)
		}
	}
	if !others {
		chains = portmapChains(saved)
		for _, rule := range parseRules(saved) {
			if slices.Contains(chains, target(rule)) && !slices.Contains(chains, rule[0]) {
				rules = append(rules, rule)
			}
		}
	}
	var commands [][]string
	for _, rule := range rules {
		commands = append(commands, slices.Concat([]string{"-D"}, rule))
	}
	for _, chain := range chains {
		commands = append(commands, []string{"-F", chain})
	}
	for _, chain := range chains {
		commands = append(commands, []string{"-X", chain})
	}
	return commands
}

const (
	// portmapDispatch is the chain in which the portmap plugin has a rule
	// for each pod with host ports, of any network.
	portmapDispatch = "CNI-HOSTPORT-DNAT"
	// portmapChain is how the name of a pod's own chain begins.
	portmapChain = "CNI-DN-"
)

// portmapChains are the chains of the portmap plugin that a table has.
func portmapChains(saved string) []string {
	var chains []string
	for line := range strings.Lines(saved) {
		name, _, _ := strings.Cut(strings.TrimPrefix(line, ":"), " ")
		if strings.HasPrefix(line, ":CNI-HOSTPORT-") || strings.HasPrefix(line, ":"+portmapChain) {
			chains = append(chains, name)
		}
	}
	return chains
}

// parseRules returns the words of each rule, the chain first.
func parseRules(saved string) [][]string {
	var rules [][]string
	for line := range strings.Lines(saved) {
		if rule, found := strings.CutPrefix(strings.TrimSpace(line), "-A "); found {
			rules = append(rules, splitQuoted(rule))
		}
	}
	return rules
}

// target is the chain or verdict that a rule leads to.
func target(rule []string) string {
	if i := slices.Index(rule, "-j"); i >= 0 && i+1 < len(rule) {
		return rule[i+1]
	}
	return ""
}

// bears reports whether the comment among the words of a rule names the
// sandbox: as the whole comment, or as portmap writes a network's name.
func bears(words []string, name string) bool {
	i := slices.Index(words, "--comment")
	if i < 0 || i+1 >= len(words) {
		return false
	}
	comment := words[i+1]
	return comment == name || strings.Contains(comment, `name: "`+name+`"`)
}

// splitQuoted splits a line at spaces; double quotes hold words together and
// a backslash takes the next character as it is.
func splitQuoted(line string) []string {
	var words []string
	var word strings.Builder
	quoted, inside := false, false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && i+1 < len(line):
			i++
			word.WriteByte(line[i])
			inside = true
		case c == '"':
			quoted, inside = !quoted, true
		case c == ' ' && !quoted:
			if inside {
				words = append(words, word.String())
				word.Reset()
			}
			inside = false
		default:
			word.WriteByte(c)
			inside = true
		}
	}
	if inside {
		words = append(words, word.String())
	}
	return words
}
