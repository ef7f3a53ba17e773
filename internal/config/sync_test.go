package config

import (
	"errors"
	"strings"
	"testing"
)

const syncing = `apiVersion: devloop/v1
project: shop
images:
  app:
    context: app
    sync:
    - {from: "web/**", to: /srv/web}
    - {from: conf, to: /etc/app, exec: [/app, reload], restart: HUP}
`

func TestParseSync(t *testing.T) {
	p, err := parse(t, syncing)
	if err != nil {
		t.Fatal(err)
	}
	sync := p.Images["app"].Sync
	if len(sync) != 2 || sync[0].From != "web/**" || sync[0].To != "/srv/web" || sync[1].Restart != "HUP" || strings.Join(sync[1].Exec, " ") != "/app reload" {
		t.Errorf("sync is %+v", sync)
	}
}

func TestErrorsOfSyncPointAtTheirPlace(t *testing.T) {
	tests := map[string]struct {
		old, new      string
		line, col     int
		message, hint string
	}{
		"no from":           {`from: "web/**"`, `from: ""`, 7, 14, "without from", "below the context"},
		"above the context": {`"web/**"`, `"../web/**"`, 7, 14, "does not lie below the context", "as seen from the context"},
		"absolute from":     {`"web/**"`, `/web/**`, 7, 14, "does not lie below the context", ""},
		"no pattern":        {`"web/**"`, `"web/[a"`, 7, 14, "is no pattern", "close each ["},
		"no to":             {`to: /srv/web`, `to: ""`, 7, 28, "without to", "/srv/web"},
		"relative to":       {`/srv/web`, `srv/web`, 7, 28, "is not an absolute folder", "to: /srv/web"},
		"to the root":       {`/srv/web`, `/`, 7, 28, "is no plain folder", ""},
		"to above":          {`/srv/web`, `/srv/../web`, 7, 28, "is no plain folder", ""},
		"empty exec":        {`[/app, reload]`, `[]`, 8, 40, "has an empty exec", "remove the key"},
		"a signal to die":   {`HUP`, `KILL`, 8, 65, `restart "KILL" is no signal for that`, "HUP, USR1, USR2"},
		"for go":            {"context: app\n", "context: app\n    go: ./cmd\n", 8, 5, "sync is not for images with go", "compiled"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := parse(t, strings.Replace(syncing, tt.old, tt.new, 1))
			var at *Error
			if !errors.As(err, &at) {
				t.Fatalf("error %v, want one with a place", err)
			}
			if at.Line != tt.line || at.Col != tt.col {
				t.Errorf("at %d:%d, want %d:%d", at.Line, at.Col, tt.line, tt.col)
			}
			if !strings.Contains(at.Message, tt.message) || !strings.Contains(at.Hint, tt.hint) {
				t.Errorf("error %q, hint %q; want %q, %q", at.Message, at.Hint, tt.message, tt.hint)
			}
		})
	}
}
