//go:build linux

package hostnet

import (
	"reflect"
	"strings"
	"testing"
)

const ours = `*nat
:PREROUTING ACCEPT [0:0]
:CNI-DN-48e5 - [0:0]
:CNI-HOSTPORT-DNAT - [0:0]
:CNI-HOSTPORT-SETMARK - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
-A PREROUTING -m comment --comment "somebody's own" -j ACCEPT
-A CNI-DN-48e5 -p tcp -m tcp --dport 29871 -j CNI-HOSTPORT-SETMARK
-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \"devloop-sandbox\" id: \"f602\"" -m multiport --dports 29871 -j CNI-DN-48e5
`

const theirs = `:CNI-DN-aaaa - [0:0]
-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \"podman\" id: \"1\"" -m multiport --dports 80 -j CNI-DN-aaaa
COMMIT
`

// commands joins the words of each command.
func commands(argvs [][]string) []string {
	var all []string
	for _, argv := range argvs {
		all = append(all, strings.Join(argv, " "))
	}
	return all
}

func TestUndoHostPorts(t *testing.T) {
	const dispatch = `-D CNI-HOSTPORT-DNAT -p tcp -m comment --comment dnat name: "devloop-sandbox" id: "f602" -m multiport --dports 29871 -j CNI-DN-48e5`
	for _, test := range []struct {
		name, saved string
		want        []string
	}{
		{"alone", ours, []string{
			dispatch,
			"-D PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT",
			"-F CNI-DN-48e5", "-F CNI-HOSTPORT-DNAT", "-F CNI-HOSTPORT-SETMARK",
			"-X CNI-DN-48e5", "-X CNI-HOSTPORT-DNAT", "-X CNI-HOSTPORT-SETMARK",
		}},
		{"beside another network", ours + theirs, []string{dispatch, "-F CNI-DN-48e5", "-X CNI-DN-48e5"}},
		{"none", "*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n", nil},
	} {
		if got := commands(undo(test.saved, "devloop-sandbox")); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got\n%s\nwant\n%s", test.name, strings.Join(got, "\n"), strings.Join(test.want, "\n"))
		}
	}
}

func TestUndoOwnRules(t *testing.T) {
	const saved = `*filter
:FORWARD DROP [0:0]
-A FORWARD -d 10.210.0.0/16 -m comment --comment devloop-sandbox -j ACCEPT
-A FORWARD -d 10.211.0.0/16 -m comment --comment devloop-sandbox-a41d -j ACCEPT
-A FORWARD -j DOCKER-USER
COMMIT
`
	want := []string{"-D FORWARD -d 10.210.0.0/16 -m comment --comment devloop-sandbox -j ACCEPT"}
	if got := commands(undo(saved, "devloop-sandbox")); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEmptyTable(t *testing.T) {
	const head = "table ip filter {\n\tchain FORWARD {\n\t\ttype filter hook forward priority filter; policy "
	for listing, want := range map[string]bool{
		"table ip nat {\n}\n":                    true,
		head + "accept;\n\t}\n}\n":               true,
		head + "drop;\n\t}\n}\n":                 false,
		head + "accept;\n\t\tcounter\n\t}\n}\n":  false,
		"table ip x {\n\tset s {\n\t\ttype x\n}": false,
	} {
		if got := emptyTable(listing); got != want {
			t.Errorf("empty %v, want %v: %s", got, want, listing)
		}
	}
}
