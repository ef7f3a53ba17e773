package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
)

// ErrNotRunning: no devloop serves this project.
var ErrNotRunning = errors.New("no devloop is running for this project")

// Call sends one request to the devloop at path and decodes its answer into out.
// Where none runs, the error wraps ErrNotRunning.
func Call(ctx context.Context, path, op string, out any) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotRunning, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	data, err := json.Marshal(request{Op: op})
	if err != nil {
		return fmt.Errorf("ask devloop: %w", err)
	}
	if _, err := conn.Write(append(data, '\n')); err != nil {
		return fmt.Errorf("ask devloop: %w", err)
	}
	line, err := bufio.NewReader(conn).ReadBytes('\n')
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("devloop ended before it answered: %w", err)
	}
	var res response
	if err := json.Unmarshal(line, &res); err != nil {
		return fmt.Errorf("read devloop's answer: %w", err)
	}
	if res.Error != "" {
		return errors.New(res.Error)
	}
	if err := json.Unmarshal(res.Result, out); err != nil {
		return fmt.Errorf("read devloop's answer: %w", err)
	}
	return nil
}
