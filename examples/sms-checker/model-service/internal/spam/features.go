package spam

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// A feature in angle brackets stands for a whole class of words: which link or
// number it is says little, that there is one says a lot.
const (
	linkFeature   = "<link>"
	numberFeature = "<number>"
	phoneFeature  = "<phone>"
	shoutFeature  = "<shouting>"
	exclaimMark   = "<!>"
)

var (
	linkPattern  = regexp.MustCompile(`(?i)\b(?:https?://|www\.)\S+`)
	phonePattern = regexp.MustCompile(`\b0?\d{3}[ -]?\d{3}[ -]?\d{4}\b|\b\d{3}[ -]\d{4}\b`)
	wordPattern  = regexp.MustCompile(`<[a-z!]+>|[\p{L}\p{N}]+(?:['’.,][\p{L}\p{N}]+)*`)
)

// words returns the message's words in order, in lower case, with links and
// numbers replaced by their class.
func words(text string) []string {
	text = strings.NewReplacer("<", " ", ">", " ").Replace(text)
	text = linkPattern.ReplaceAllString(text, " "+linkFeature+" ")
	found := wordPattern.FindAllString(strings.ToLower(text), -1)
	for i, word := range found {
		if strings.ContainsFunc(word, unicode.IsDigit) {
			found[i] = numberFeature
		}
	}
	return found
}

// wordFeatures is the features of the "words" variant: each word once.
func wordFeatures(text string) []string {
	return distinct(words(text))
}

// pairFeatures is the features of the "pairs" variant: each word, each two words
// that follow one another, and marks for how the message looks.
func pairFeatures(text string) []string {
	single := words(text)
	features := slices.Clone(single)
	for i := 1; i < len(single); i++ {
		features = append(features, single[i-1]+" "+single[i])
	}
	if phonePattern.MatchString(linkPattern.ReplaceAllString(text, " ")) {
		features = append(features, phoneFeature)
	}
	if shouts(text) {
		features = append(features, shoutFeature)
	}
	if strings.Contains(text, "!") {
		features = append(features, exclaimMark)
	}
	return distinct(features)
}

// shouts tells whether a word of four letters or more is all in capitals.
func shouts(text string) bool {
	return slices.ContainsFunc(strings.FieldsFunc(text, notLetter), func(word string) bool {
		return len([]rune(word)) >= 4 && word == strings.ToUpper(word)
	})
}

func notLetter(r rune) bool { return !unicode.IsLetter(r) }

// distinct sorts the features and drops repeats: in a text this short a word
// said twice is no stronger a sign than one said once.
func distinct(features []string) []string {
	slices.Sort(features)
	return slices.Compact(features)
}
