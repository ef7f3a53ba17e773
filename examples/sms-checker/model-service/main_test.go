package main

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
)

func TestRunStartsAndStops(t *testing.T) {
	t.Setenv("LISTEN_ADDR", "127.0.0.1:0")
	t.Setenv("DRAIN_DELAY", "0s")
	t.Setenv("MODEL_VARIANT", "pairs")
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var log bytes.Buffer
	if err := run(ctx, slog.New(slog.NewJSONHandler(&log, nil)), "v2"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"msg":"model trained","variant":"pairs"`, `"msg":"model-service stopped"`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %s: %s", want, log.String())
		}
	}
}

func TestRunRefusesBadSettings(t *testing.T) {
	for name, value := range map[string]string{"MODEL_VARIANT": "deep", "DRAIN_DELAY": "soon", "LISTEN_ADDR": "nowhere"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, value)
			err := run(t.Context(), slog.New(slog.DiscardHandler), "v1")
			if err == nil || !strings.Contains(err.Error(), value) {
				t.Errorf("%s=%s: error %v, want one that names the value", name, value, err)
			}
		})
	}
}
