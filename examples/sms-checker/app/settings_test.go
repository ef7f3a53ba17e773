package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

func TestRunStartsAndStops(t *testing.T) {
	t.Setenv("LISTEN_ADDR", "127.0.0.1:0")
	t.Setenv("DRAIN_DELAY", "0s")
	t.Setenv("APP_VERSION", "v2")
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var log bytes.Buffer
	if err := run(ctx, &log); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"msg":"app listens"`, `"msg":"app stopped"`, `"version":"v2"`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %s: %s", want, log.String())
		}
	}
}

func TestRunRefusesBadSettings(t *testing.T) {
	for name, value := range map[string]string{
		"MAX_SMS_LENGTH": "12x", "DRAIN_DELAY": "soon", "LOG_LEVEL": "loud",
		"MODEL_URL": "model", "LISTEN_ADDR": "nowhere", "WEB_DIR": "no-such-folder",
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, value)
			var log bytes.Buffer
			if err := run(t.Context(), &log); err == nil || !strings.Contains(err.Error(), value) {
				t.Errorf("%s=%s: error %v, want one that names the value", name, value, err)
			}
			if !strings.Contains(log.String(), `"level":"ERROR"`) || !strings.Contains(log.String(), value) {
				t.Errorf("the log does not tell why it ended: %s", log.String())
			}
		})
	}
}
