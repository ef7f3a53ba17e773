package spam

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// reasonsShown is how many features a verdict names, the weightiest first.
const reasonsShown = 6

// Model is a trained naive Bayes classifier. It does not change after Train and
// may be used by many goroutines at once.
type Model struct {
	variant Variant
	prior   float64            // log(P(spam) / P(ham))
	weights map[string]float64 // feature -> log(P(feature|spam) / P(feature|ham))
}

// Verdict is what the model says of one message.
type Verdict struct {
	Spam bool
	// Probability that the message is spam, 0 to 1. Naive Bayes counts related
	// words as if they were independent, so it is surer than it should be.
	Probability float64
	// Reasons are the features that moved the verdict most, at most six.
	Reasons []Reason
}

// Reason is one feature of a message and how far it moves the verdict.
type Reason struct {
	Feature string
	// Weight is in natural log-odds: above 0 speaks for spam, below 0 against.
	Weight float64
}

// Train counts in how many messages of each kind every feature occurs, and
// turns the counts into weights with add-one smoothing. It fails when the
// messages lack one of the two kinds.
func Train(messages []Message, variant Variant) (*Model, error) {
	var spamMessages, hamMessages int
	spamCount, hamCount := map[string]int{}, map[string]int{}
	vocabulary := map[string]bool{}
	for _, message := range messages {
		count := hamCount
		if message.Spam {
			count = spamCount
			spamMessages++
		} else {
			hamMessages++
		}
		for _, feature := range variant.features(message.Text) {
			count[feature]++
			vocabulary[feature] = true
		}
	}
	if spamMessages == 0 || hamMessages == 0 {
		return nil, fmt.Errorf("train %s: need messages of both kinds, got %d spam and %d ham", variant.Name, spamMessages, hamMessages)
	}

	spamTotal := float64(total(spamCount) + len(vocabulary))
	hamTotal := float64(total(hamCount) + len(vocabulary))
	weights := make(map[string]float64, len(vocabulary))
	for feature := range vocabulary {
		inSpam := float64(spamCount[feature]+1) / spamTotal
		inHam := float64(hamCount[feature]+1) / hamTotal
		weights[feature] = math.Log(inSpam / inHam)
	}
	prior := math.Log(float64(spamMessages) / float64(hamMessages))
	return &Model{variant: variant, prior: prior, weights: weights}, nil
}

func total(counts map[string]int) int {
	sum := 0
	for _, n := range counts {
		sum += n
	}
	return sum
}

// Variant returns what the model was built as.
func (m *Model) Variant() Variant { return m.variant }

// Predict judges one message. Features that training never saw say nothing.
func (m *Model) Predict(text string) Verdict {
	logOdds := m.prior
	var reasons []Reason
	for _, feature := range m.variant.features(text) {
		weight, known := m.weights[feature]
		if !known {
			continue
		}
		logOdds += weight
		reasons = append(reasons, Reason{Feature: feature, Weight: weight})
	}
	slices.SortStableFunc(reasons, func(a, b Reason) int {
		return cmp.Compare(math.Abs(b.Weight), math.Abs(a.Weight))
	})
	probability := 1 / (1 + math.Exp(-logOdds))
	return Verdict{
		Spam:        probability >= m.variant.Threshold,
		Probability: probability,
		Reasons:     reasons[:min(len(reasons), reasonsShown)],
	}
}
