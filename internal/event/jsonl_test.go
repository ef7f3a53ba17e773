package event

import (
	"bytes"
	"errors"
	"testing"
	"time"
)

func TestALineHasVersionTimeTypeAndEvent(t *testing.T) {
	var out bytes.Buffer
	at := time.Date(2025, 1, 2, 3, 4, 5, 6000, time.UTC)
	sink := JSONL(&out, func() time.Time { return at }, func(err error) { t.Error(err) })
	sink(Failed{Iteration: 3, Target: "web", Stage: "render", Error: "x"})
	sink(Notice{Text: "y"})
	const want = `{"v":1,"time":"2025-01-02T03:04:05.000006Z","type":"failed","event":{"iteration":3,"target":"web","stage":"render","error":"x"}}
{"v":1,"time":"2025-01-02T03:04:05.000006Z","type":"notice","event":{"text":"y"}}
`
	if out.String() != want {
		t.Errorf("written\n%swant\n%s", &out, want)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestAFailedWriteIsToldOnce(t *testing.T) {
	told := 0
	sink := JSONL(full{}, time.Now, func(error) { told++ })
	sink(Notice{})
	sink(Notice{})
	if told != 1 {
		t.Errorf("told %d times", told)
	}
}
