package main

import (
	"cmp"
	"fmt"
	"log/slog"
	"strconv"
	"time"
)

// settings come from the environment only, as is usual in a pod.
type settings struct {
	listen, version, pod, title, banner, cookie, webDir, modelURL, modelKey string
	maxLength                                                               int
	drain                                                                   time.Duration
	logLevel                                                                slog.Level
}

// readSettings returns the settings, each with its default, and an error that
// names the variable that cannot be used.
func readSettings(env func(string) string) (settings, error) {
	s := settings{
		listen:   cmp.Or(env("LISTEN_ADDR"), ":8080"),
		version:  cmp.Or(env("APP_VERSION"), "dev"),
		pod:      env("POD_NAME"),
		title:    cmp.Or(env("PAGE_TITLE"), "SMS checker"),
		banner:   env("BANNER"),
		cookie:   cmp.Or(env("VERSION_COOKIE"), "sms-version"),
		webDir:   cmp.Or(env("WEB_DIR"), "web"),
		modelURL: cmp.Or(env("MODEL_URL"), "http://localhost:8081"),
		modelKey: env("MODEL_API_KEY"),
	}
	var err error
	if s.maxLength, err = strconv.Atoi(cmp.Or(env("MAX_SMS_LENGTH"), "1600")); err != nil || s.maxLength < 1 {
		return s, fmt.Errorf("read MAX_SMS_LENGTH: %q is not a number above 0", env("MAX_SMS_LENGTH"))
	}
	if s.drain, err = time.ParseDuration(cmp.Or(env("DRAIN_DELAY"), "1s")); err != nil {
		return s, fmt.Errorf("read DRAIN_DELAY: %w", err)
	}
	if err := s.logLevel.UnmarshalText([]byte(cmp.Or(env("LOG_LEVEL"), "info"))); err != nil {
		return s, fmt.Errorf("read LOG_LEVEL: %w", err)
	}
	return s, nil
}
