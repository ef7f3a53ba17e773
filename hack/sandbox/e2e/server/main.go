// Command server is the program of the test image: a small HTTP server, and a
// client for use by exec, because the image has no shell.
package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

func main() {
	var err error
	switch args := os.Args[1:]; {
	case len(args) > 1 && args[0] == "say":
		fmt.Println(strings.Join(args[1:], " "))
	case len(args) == 2 && args[0] == "get":
		err = get(args[1])
	default:
		err = serve()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

// serve answers every request with the pod's name, and logs it.
func serve() error {
	name, err := os.Hostname()
	if err != nil {
		return err
	}
	server := &http.Server{
		Addr:              ":8080",
		ReadHeaderTimeout: 5 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Println("request", r.URL.Path)
			fmt.Fprintln(w, "hello from", name)
		}),
	}
	fmt.Println("listening on", server.Addr)
	return server.ListenAndServe()
}

// get prints what a URL answers, whatever its certificate and status.
func get(url string) error {
	client := &http.Client{
		Timeout:   3 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}, //nolint:gosec // see above
	}
	response, err := client.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	fmt.Println(response.Status)
	_, err = io.Copy(os.Stdout, response.Body)
	return err
}
