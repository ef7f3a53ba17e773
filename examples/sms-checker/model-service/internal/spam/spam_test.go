package spam

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestReadMessages(t *testing.T) {
	for _, test := range []struct {
		name, in string
		want     []Message
		err      string
	}{
		{name: "both kinds, an empty line between", in: "ham\thi there\n\nspam\tWIN now\n",
			want: []Message{{Text: "hi there"}, {Text: "WIN now", Spam: true}}},
		{name: "no tab", in: "ham\tok\nspam WIN\n", err: "f.tsv:2: want a label, a tab and the message"},
		{name: "no text", in: "ham\t \n", err: "f.tsv:1: want a label"},
		{name: "unknown label", in: "junk\tWIN\n", err: `f.tsv:1: label is "junk", want ham or spam`},
		{name: "nothing", in: "\n", err: "f.tsv: no messages"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := ReadMessages("f.tsv", strings.NewReader(test.in))
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Fatalf("error %v, want one with %q", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestFeatures(t *testing.T) {
	for _, test := range []struct {
		name, text   string
		words, pairs []string
	}{
		{name: "case and repeats", text: "Call call CALL", words: []string{"call"},
			pairs: []string{"<shouting>", "call", "call call"}},
		{name: "link and number become classes", text: "pay 2.50 at http://a.example/x?y=1",
			words: []string{"<link>", "<number>", "at", "pay"},
			pairs: []string{"<link>", "<number>", "<number> at", "at", "at <link>", "pay", "pay <number>"}},
		{name: "marks of looks", text: "ring 555 0103!",
			words: []string{"<number>", "ring"},
			pairs: []string{"<!>", "<number>", "<number> <number>", "<phone>", "ring", "ring <number>"}},
		{name: "a class cannot be forged", text: "<link>", words: []string{"link"}, pairs: []string{"link"}},
		{name: "letters of other scripts", text: "Überraschung für 你好", words: []string{"für", "überraschung", "你好"},
			pairs: []string{"für", "für 你好", "überraschung", "überraschung für", "你好"}},
		{name: "nothing to see", text: "?! ...", words: nil, pairs: []string{"<!>"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := wordFeatures(test.text); !slices.Equal(got, test.words) {
				t.Errorf("words: got %q, want %q", got, test.words)
			}
			if got := pairFeatures(test.text); !slices.Equal(got, test.pairs) {
				t.Errorf("pairs: got %q, want %q", got, test.pairs)
			}
		})
	}
}

// TestPredictByHand compares with a sum small enough to do on paper: two spam
// and one ham message, five distinct words.
func TestPredictByHand(t *testing.T) {
	variant, err := VariantNamed("words")
	if err != nil {
		t.Fatal(err)
	}
	model, err := Train([]Message{{Text: "win cash", Spam: true}, {Text: "win now", Spam: true}, {Text: "see you now"}}, variant)
	if err != nil {
		t.Fatal(err)
	}
	// Vocabulary: win cash now see you. Spam has 4 words in total, ham 3.
	win, now := (3.0/9)/(1.0/8), (2.0/9)/(2.0/8)
	odds := 2.0 / 1 * win * now
	got := model.Predict("WIN now, stranger")
	if want := odds / (1 + odds); math.Abs(got.Probability-want) > 1e-12 || !got.Spam {
		t.Errorf("got %+v, want spam with probability %v", got, want)
	}
	if len(got.Reasons) != 2 || got.Reasons[0].Feature != "win" || math.Abs(got.Reasons[0].Weight-math.Log(win)) > 1e-12 {
		t.Errorf("reasons %+v, want win first, with weight %v, then now", got.Reasons, math.Log(win))
	}
	if got := model.Predict("see you"); got.Spam {
		t.Errorf("see you: got %+v, want ham", got)
	}
}

func TestBadTraining(t *testing.T) {
	variant, err := VariantNamed("pairs")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Train([]Message{{Text: "hi"}}, variant); err == nil || !strings.Contains(err.Error(), "both kinds") {
		t.Errorf("only ham: error %v, want one about both kinds", err)
	}
	if _, err := VariantNamed("Words"); err == nil || !strings.Contains(err.Error(), "want words or pairs") {
		t.Errorf("unknown variant: error %v, want one that names the variants", err)
	}
}
