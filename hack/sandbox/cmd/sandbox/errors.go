package main

import "errors"

// errDown is the outcome of "status" when the sandbox is not up; all has been
// said already.
var errDown = errors.New("the sandbox is not up")
