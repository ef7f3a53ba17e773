package spam_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/devloop-dev/devloop/examples/sms-checker/model-service/data"
	"github.com/devloop-dev/devloop/examples/sms-checker/model-service/internal/spam"
)

// TestAccuracyOnHeldOutMessages prints how good each variant is on messages it
// never saw. Always answering "ham" would score 0.56.
func TestAccuracyOnHeldOutMessages(t *testing.T) {
	train, heldOut := messages(t)
	for _, variant := range []struct {
		name                        string
		accuracy, precision, recall float64 // the least that is accepted
	}{
		{name: "words", accuracy: 0.90, precision: 0.85, recall: 0.90},
		{name: "pairs", accuracy: 0.90, precision: 0.90, recall: 0.85},
	} {
		t.Run(variant.name, func(t *testing.T) {
			score := trained(t, variant.name, train).Evaluate(heldOut)
			t.Logf("%d training messages, %d held out: %s", len(train), len(heldOut), score)
			if score.Accuracy() < variant.accuracy {
				t.Errorf("accuracy %.3f, want at least %.2f", score.Accuracy(), variant.accuracy)
			}
			if score.Precision() < variant.precision {
				t.Errorf("precision %.3f, want at least %.2f", score.Precision(), variant.precision)
			}
			if score.Recall() < variant.recall {
				t.Errorf("recall %.3f, want at least %.2f", score.Recall(), variant.recall)
			}
		})
	}
}

// TestVariantsDiffer keeps v1 and v2 of the service worth telling apart.
func TestVariantsDiffer(t *testing.T) {
	train, heldOut := messages(t)
	first, second := trained(t, "words", train), trained(t, "pairs", train)
	for _, message := range heldOut {
		if first.Predict(message.Text).Spam != second.Predict(message.Text).Spam {
			return
		}
	}
	t.Error("both variants give the same verdict on every held-out message")
}

// TestHeldOutSharesNoWordingWithTraining fails when a held-out message repeats
// five words in a row of a training message, numbers and links counted alike:
// the measured accuracy would then be partly memory.
func TestHeldOutSharesNoWordingWithTraining(t *testing.T) {
	const run = 5
	train, heldOut := messages(t)
	seen := map[string]string{}
	for _, message := range train {
		for _, phrase := range phrases(message.Text, run) {
			seen[phrase] = message.Text
		}
	}
	for _, message := range heldOut {
		for _, phrase := range phrases(message.Text, run) {
			if from, ok := seen[phrase]; ok {
				t.Errorf("held-out %q repeats %q of the training message %q", message.Text, phrase, from)
			}
		}
	}
}

func phrases(text string, run int) []string {
	fields := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	for i, field := range fields {
		if strings.ContainsFunc(field, unicode.IsDigit) {
			fields[i] = "#"
		}
	}
	fields = slices.CompactFunc(fields, func(a, b string) bool { return a == "#" && b == "#" })
	var found []string
	for i := 0; i+run <= len(fields); i++ {
		found = append(found, strings.Join(fields[i:i+run], " "))
	}
	return found
}

func messages(t *testing.T) (train, heldOut []spam.Message) {
	t.Helper()
	train, err := spam.ReadMessages("train.tsv", data.Train())
	if err != nil {
		t.Fatal(err)
	}
	heldOut, err = spam.ReadMessages("heldout.tsv", data.HeldOut())
	if err != nil {
		t.Fatal(err)
	}
	return train, heldOut
}

func trained(t *testing.T, name string, train []spam.Message) *spam.Model {
	t.Helper()
	variant, err := spam.VariantNamed(name)
	if err != nil {
		t.Fatal(err)
	}
	model, err := spam.Train(train, variant)
	if err != nil {
		t.Fatal(err)
	}
	return model
}
