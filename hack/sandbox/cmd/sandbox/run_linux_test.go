package main

import (
	"strings"
	"testing"
)

func TestBadCommandLines(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"start"}, `unknown command "start"; there are up, down and status`},
		{[]string{"up", "now"}, `up takes no arguments, but got "now"`},
		{[]string{"daemon", "x"}, "daemon wants a control group and a command line"},
	} {
		err := run(test.args[0], test.args[1:])
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: got %v, want %q", test.args, err, test.want)
		}
	}
}

func TestVersionFlags(t *testing.T) {
	got := versionFlags("v1.34.4")
	for _, want := range []string{"version.gitVersion=v1.34.4 ", "version.gitMajor=1 ", "version.gitMinor=34 "} {
		if !strings.Contains(got, want) {
			t.Errorf("flags %q lack %q", got, want)
		}
	}
}
