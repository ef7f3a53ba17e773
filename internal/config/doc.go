// Package config reads devloop.yaml: it decodes strictly, fills in defaults,
// makes paths absolute and checks what can be checked without a cluster.
// Every error names file, line and column, shows the place and says what to do.
// What a path points to is looked at later: a chart may come and go while the
// loop runs.
//
// Of devloop it may import internal/near.
package config
