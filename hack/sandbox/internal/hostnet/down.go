//go:build linux

package hostnet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/devloop-dev/devloop/hack/sandbox/internal/layout"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/netplan"
)

// Down takes away what Up made, kube-proxy's tables and the rules of pods'
// host ports, and restores what Remember saw. What is gone already is no
// error.
func Down(ctx context.Context, l layout.Layout, s netplan.Settings) error {
	var failed []error
	for _, name := range []string{l.NodeLink(), l.DockerLink()} {
		if _, err := net.InterfaceByName(name); err != nil {
			continue
		}
		if _, err := run(ctx, "", "ip", "link", "delete", name); err != nil {
			failed = append(failed, fmt.Errorf("removing the interface %s: %w", name, err))
		}
	}
	if _, err := exec.LookPath("iptables"); err == nil {
		failed = append(failed, removeIPTables(ctx, l.Instance))
	}
	if _, err := exec.LookPath("nft"); err == nil {
		failed = append(failed, removeTables(ctx, l, s))
	}
	for name, value := range s.Sysctls {
		path := filepath.Join("/proc/sys", name)
		now, err := os.ReadFile(path)
		if err != nil || strings.TrimSpace(string(now)) == value {
			continue
		}
		if err := os.WriteFile(path, []byte(value), 0o644); err != nil {
			failed = append(failed, fmt.Errorf("restoring %s: %w", name, err))
		}
	}
	return errors.Join(failed...)
}

// listTables names the tables of the packet filter as "FAMILY NAME".
func listTables(ctx context.Context) ([]string, error) {
	output, err := run(ctx, "", "nft", "list", "tables")
	if err != nil {
		return nil, fmt.Errorf("listing the packet filter's tables: %w", err)
	}
	var tables []string
	for line := range strings.Lines(output) {
		if name, found := strings.CutPrefix(strings.TrimSpace(line), "table "); found {
			tables = append(tables, name)
		}
	}
	return tables, nil
}

// removeTables removes the sandbox's own tables, and those that iptables made
// on its behalf and that are empty by now.
func removeTables(ctx context.Context, l layout.Layout, s netplan.Settings) error {
	tables, err := listTables(ctx)
	if err != nil {
		return err
	}
	made := []string{"ip filter", "ip nat", "ip mangle", "ip6 filter", "ip6 nat", "ip6 mangle"}
	doomed := []string{"inet " + l.Instance}
	if s.Sysctls == nil {
		// Without settings there was no sandbox, and these names may be
		// somebody else's.
		return RemoveTables(ctx, doomed...)
	}
	doomed = append(doomed, "ip kube-proxy", "ip6 kube-proxy")
	for _, table := range tables {
		if !slices.Contains(made, table) || slices.Contains(s.Tables, table) {
			continue
		}
		listing, err := run(ctx, "", slices.Concat([]string{"nft", "list", "table"}, strings.Fields(table))...)
		if err == nil && emptyTable(listing) {
			doomed = append(doomed, table)
		}
	}
	return RemoveTables(ctx, doomed...)
}

// RemoveTables removes tables of the packet filter, given as "FAMILY NAME".
// What is gone already is no error.
func RemoveTables(ctx context.Context, tables ...string) error {
	there, err := listTables(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, table := range tables {
		if !slices.Contains(there, table) {
			continue
		}
		if _, err := run(ctx, "", slices.Concat([]string{"nft", "delete", "table"}, strings.Fields(table))...); err != nil {
			failed = append(failed, fmt.Errorf("removing the table %s: %w", table, err))
		}
	}
	return errors.Join(failed...)
}

// emptyTable reports whether a table, as nft lists it, has nothing but base
// chains that accept everything.
func emptyTable(listing string) bool {
	for line := range strings.Lines(listing) {
		line = strings.TrimSpace(line)
		switch {
		case line == "", line == "}", strings.HasPrefix(line, "table "),
			strings.HasPrefix(line, "chain "), strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "type ") && strings.HasSuffix(line, "policy accept;"):
		default:
			return false
		}
	}
	return true
}
