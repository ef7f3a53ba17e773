// Command app is a web page and a JSON API on which one checks a text message
// for spam. The verdict comes from the model service.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/devloop-dev/devloop/examples/sms-checker/app/internal/check"
	"github.com/devloop-dev/devloop/examples/sms-checker/app/internal/model"
	"github.com/devloop-dev/devloop/examples/sms-checker/app/internal/serve"
	"github.com/devloop-dev/devloop/examples/sms-checker/app/internal/web"
)

// modelTimeout is how long a visitor waits for the model before the page says
// that it gave no answer.
const modelTimeout = 3 * time.Second

func main() {
	checkOnly := flag.Bool("check", false, "ask each URL given, exit 0 when all answer 200, and serve nothing")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	if *checkOnly {
		if err := check.URLs(ctx, os.Stdout, 10*time.Second, flag.Args()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if err := run(ctx, os.Stdout); err != nil {
		os.Exit(1)
	}
}

// run reads the settings, serves until ctx ends and logs why it ended.
func run(ctx context.Context, out io.Writer) error {
	config, err := readSettings(os.Getenv)
	log := slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{Level: config.logLevel})).
		With("service", "app", "version", config.version)
	if err == nil {
		err = serveApp(ctx, log, config)
	}
	if err != nil {
		log.Error("app ends", "error", err.Error())
		return err
	}
	log.Info("app stopped")
	return nil
}

func serveApp(ctx context.Context, log *slog.Logger, config settings) error {
	client, err := model.NewClient(config.modelURL, config.modelKey, config.version, modelTimeout)
	if err != nil {
		return fmt.Errorf("read MODEL_URL: %w", err)
	}
	mux, health := http.NewServeMux(), &serve.Health{}
	health.Routes(mux)
	err = web.Routes(mux, web.Config{
		Checker: client, Version: config.version, Pod: config.pod, Title: config.title, Banner: config.banner,
		Cookie: config.cookie, MaxLength: config.maxLength, Dir: config.webDir, Log: log,
	}, web.NewMetrics(config.version))
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", config.listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	log.Info("app listens", "address", listener.Addr().String(), "model", config.modelURL)
	return serve.Run(ctx, listener, mux, health, serve.Stop{Drain: config.drain, Grace: 5 * time.Second})
}
