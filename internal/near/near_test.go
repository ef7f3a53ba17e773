package near

import "testing"

func TestName(t *testing.T) {
	names := []string{"chart", "namespace", "values", "up", "upgrade"}
	for wanted, want := range map[string]string{
		"cahrt": "chart", "Chart": "chart", "nmaespace": "namespace", "value": "values", "u": "up",
		"deploy": "", "": "up", "completely-else": "",
	} {
		if got := Name(wanted, names); got != want {
			t.Errorf("%q: %q, want %q", wanted, got, want)
		}
	}
	if got := Name("bat", []string{"cat", "bar"}); got != "bar" {
		t.Errorf("of equally near ones: %q, want the first by name", got)
	}
}
