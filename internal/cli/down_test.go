package cli

import (
	"bytes"
	"strings"
	"testing"
)

func TestOnlyAYesRemoves(t *testing.T) {
	for answer, yes := range map[string]bool{"y\n": true, "YES\n": true, "\n": false, "n\n": false, "what\n": false, "": false} {
		var out bytes.Buffer
		err := confirm(t.Context(), strings.NewReader(answer), &out)
		if (err == nil) != yes || !strings.Contains(out.String(), "[y/N]") {
			t.Errorf("%q: %v, asked %q", answer, err, &out)
		}
	}
}
