package project

import (
	"fmt"
	"strings"
)

// Sources are n files as a repository has them, 50 in a folder.
func Sources(n int) Files {
	f := Files{}
	for i := range n {
		f[Source(i)] = fmt.Sprintf("// source %d\n", i) + strings.Repeat(fmt.Sprintf("func f%d() { return }\n", i), 20)
	}
	return f
}

// Source is the path of file i.
func Source(i int) string { return fmt.Sprintf("src/m%02d/p%03d/f%06d.js", i/5000, i/50, i) }
