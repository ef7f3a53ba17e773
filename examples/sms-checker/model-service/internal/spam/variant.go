package spam

import "fmt"

// Variant is one way to build the model: what it looks at, and how sure it has
// to be before it calls a message spam.
type Variant struct {
	// Name is what MODEL_VARIANT and the answers of the service call it.
	Name string
	// Threshold is the probability, 0 to 1, from which a message is spam.
	Threshold float64

	features func(text string) []string
}

// VariantNamed returns the variant of that name: "words" looks at single words
// and calls spam whatever is more likely spam than not; "pairs" also looks at
// two words in a row and at how the message looks, and wants more certainty,
// because hiding a real message hurts more than showing a bad one.
func VariantNamed(name string) (Variant, error) {
	switch name {
	case "words":
		return Variant{Name: name, Threshold: 0.5, features: wordFeatures}, nil
	case "pairs":
		return Variant{Name: name, Threshold: 0.8, features: pairFeatures}, nil
	default:
		return Variant{}, fmt.Errorf("unknown model variant %q: want words or pairs", name)
	}
}
