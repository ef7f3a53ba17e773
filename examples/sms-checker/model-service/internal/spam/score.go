package spam

import "fmt"

// Score counts how a model's verdicts compare with the true labels.
type Score struct {
	SpamCaught int // spam called spam
	SpamMissed int // spam called ham
	HamPassed  int // ham called ham
	HamBlocked int // ham called spam
}

// Evaluate lets the model judge every message and counts the outcomes. Give it
// messages that the model was not trained on.
func (m *Model) Evaluate(messages []Message) Score {
	var score Score
	for _, message := range messages {
		switch said := m.Predict(message.Text).Spam; {
		case message.Spam && said:
			score.SpamCaught++
		case message.Spam:
			score.SpamMissed++
		case said:
			score.HamBlocked++
		default:
			score.HamPassed++
		}
	}
	return score
}

// Accuracy is the share of verdicts that are right, 0 to 1.
func (s Score) Accuracy() float64 {
	return ratio(s.SpamCaught+s.HamPassed, s.SpamMissed+s.HamBlocked)
}

// Precision is the share of messages called spam that are spam, 0 to 1.
func (s Score) Precision() float64 { return ratio(s.SpamCaught, s.HamBlocked) }

// Recall is the share of the spam that was called spam, 0 to 1.
func (s Score) Recall() float64 { return ratio(s.SpamCaught, s.SpamMissed) }

// String gives the three figures with the counts behind them.
func (s Score) String() string {
	return fmt.Sprintf("accuracy %.3f, precision %.3f, recall %.3f (%d spam caught, %d missed; %d ham passed, %d blocked)",
		s.Accuracy(), s.Precision(), s.Recall(), s.SpamCaught, s.SpamMissed, s.HamPassed, s.HamBlocked)
}

// ratio is right/(right+wrong), and 0 where there is nothing to count.
func ratio(right, wrong int) float64 {
	if right+wrong == 0 {
		return 0
	}
	return float64(right) / float64(right+wrong)
}
