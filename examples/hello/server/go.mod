module github.com/devloop-dev/devloop/examples/hello/server

go 1.26.0
