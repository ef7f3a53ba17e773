// Command model-service answers whether a text message is spam. It trains its
// model when it starts, which takes milliseconds.
package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/devloop-dev/devloop/examples/sms-checker/model-service/data"
	"github.com/devloop-dev/devloop/examples/sms-checker/model-service/internal/api"
	"github.com/devloop-dev/devloop/examples/sms-checker/model-service/internal/serve"
	"github.com/devloop-dev/devloop/examples/sms-checker/model-service/internal/spam"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	version := cmp.Or(os.Getenv("MODEL_VERSION"), "dev")
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil)).With("service", "model", "version", version)
	if err := run(ctx, log, version); err != nil {
		log.Error("model-service ends", "error", err.Error())
		os.Exit(1)
	}
}

// run reads the rest of its settings from the environment: LISTEN_ADDR (default
// :8080), MODEL_VARIANT (words or pairs, default words), API_KEY (default none)
// and DRAIN_DELAY (a Go duration, default 1s).
func run(ctx context.Context, log *slog.Logger, version string) error {
	variant, err := spam.VariantNamed(cmp.Or(os.Getenv("MODEL_VARIANT"), "words"))
	if err != nil {
		return fmt.Errorf("read MODEL_VARIANT: %w", err)
	}
	drain, err := time.ParseDuration(cmp.Or(os.Getenv("DRAIN_DELAY"), "1s"))
	if err != nil {
		return fmt.Errorf("read DRAIN_DELAY: %w", err)
	}

	metrics := api.NewMetrics(version)
	model, err := train(log, metrics, variant)
	if err != nil {
		return err
	}

	mux, health := http.NewServeMux(), &serve.Health{}
	health.Routes(mux)
	api.Routes(mux, api.Config{Model: model, Version: version, Variant: variant.Name,
		APIKey: os.Getenv("API_KEY"), Log: log}, metrics)

	listener, err := net.Listen("tcp", cmp.Or(os.Getenv("LISTEN_ADDR"), ":8080"))
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	log.Info("model-service listens", "address", listener.Addr().String())
	err = serve.Run(ctx, listener, mux, health, serve.Stop{Drain: drain, Grace: 5 * time.Second})
	log.Info("model-service stopped")
	return err
}

func train(log *slog.Logger, metrics *api.Metrics, variant spam.Variant) (*spam.Model, error) {
	start := time.Now()
	messages, err := spam.ReadMessages("data/train.tsv", data.Train())
	if err != nil {
		return nil, err
	}
	heldOut, err := spam.ReadMessages("data/heldout.tsv", data.HeldOut())
	if err != nil {
		return nil, err
	}
	model, err := spam.Train(messages, variant)
	if err != nil {
		return nil, err
	}
	score := model.Evaluate(heldOut)
	metrics.SetAccuracy(variant.Name, score.Accuracy())
	log.Info("model trained", "variant", variant.Name, "messages", len(messages),
		"held_out", score.String(), "ms", time.Since(start).Milliseconds())
	return model, nil
}
