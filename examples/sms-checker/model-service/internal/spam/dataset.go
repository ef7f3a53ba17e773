package spam

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// Message is one labelled text message.
type Message struct {
	Text string
	Spam bool
}

// ReadMessages reads one message a line, in the form "ham<TAB>text" or
// "spam<TAB>text". Name is the file's name; it stands before the line number in
// errors. Empty lines are skipped. Input without any message is an error.
func ReadMessages(name string, r io.Reader) ([]Message, error) {
	var messages []Message
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if strings.TrimSpace(line) == "" {
			continue
		}
		label, text, ok := strings.Cut(line, "\t")
		if !ok || strings.TrimSpace(text) == "" {
			return nil, fmt.Errorf("%s:%d: want a label, a tab and the message, got %q", name, n, line)
		}
		if label != "ham" && label != "spam" {
			return nil, fmt.Errorf("%s:%d: label is %q, want ham or spam", name, n, label)
		}
		messages = append(messages, Message{Text: text, Spam: label == "spam"})
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(messages) == 0 {
		return nil, fmt.Errorf("%s: no messages in it", name)
	}
	return messages, nil
}
