package project

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// definitions is how many custom resource definitions an Umbrella has.
const definitions = 8

// definition is a CustomResourceDefinition of about size bytes. As in real ones
// most of it is the description of fields.
func definition(i int, group string, size int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: kind%[1]ds.%[2]s
spec:
  group: %[2]s
  scope: Namespaced
  names: {kind: Kind%[1]d, listKind: Kind%[1]dList, plural: kind%[1]ds, singular: kind%[1]d}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
`, i, group)
	w := newWords(uint64(i) + 1000)
	for field := 0; b.Len() < size; field++ {
		fmt.Fprintf(&b, "              field%d:\n                description: >-\n", field)
		for range 8 {
			fmt.Fprintf(&b, "                  %s\n", w.sentence(100))
		}
		b.WriteString("                type: string\n")
	}
	return b.String()
}

// words makes text that compresses like text.
type words struct{ random *rand.Rand }

func newWords(seed uint64) words { return words{rand.New(rand.NewPCG(seed, 1))} }

var syllables = strings.Fields("con fig ure ment ser vice name space label select or time out retry limit re quest port path host tar get rule value field")

func (w words) next() string {
	var b strings.Builder
	for range 1 + w.random.IntN(3) {
		b.WriteString(syllables[w.random.IntN(len(syllables))])
	}
	return b.String()
}

// sentence is words of about so many bytes.
func (w words) sentence(size int) string {
	var b strings.Builder
	for b.Len() < size {
		b.WriteString(w.next() + " ")
	}
	return strings.TrimSpace(b.String())
}
