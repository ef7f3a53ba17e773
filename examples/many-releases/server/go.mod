module github.com/devloop-dev/devloop/examples/many-releases/server

go 1.26.0
