// Command filesd serves the files of its container, for tests and benchmarks that
// look at what was copied there. An image FROM scratch with nothing else holds it.
package main

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
)

const root, conf = "/srv/web/", "/srv/conf/app.conf"

func main() {
	if len(os.Args) > 1 {
		hook(os.Args[1:])
		return
	}
	var loaded atomic.Value // as read at the start and at SIGHUP
	load := func() {
		data, _ := os.ReadFile(conf)
		loaded.Store(string(data))
	}
	load()
	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGHUP)
	go func() {
		for range reload {
			load()
		}
	}()
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM, os.Interrupt)
	go func() {
		<-end
		os.Exit(0)
	}()
	http.HandleFunc("/conf", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, loaded.Load()) })
	http.HandleFunc("/exit", func(http.ResponseWriter, *http.Request) { os.Exit(1) })
	// The name is in hex: it may be any bytes.
	http.HandleFunc("/file/", func(w http.ResponseWriter, r *http.Request) {
		name, err := hex.DecodeString(strings.TrimPrefix(r.URL.Path, "/file/"))
		info, err2 := os.Lstat(root + string(name))
		if err != nil || err2 != nil {
			fmt.Fprint(w, "none")
			return
		}
		switch {
		case info.IsDir():
			fmt.Fprint(w, "folder")
		case info.Mode()&os.ModeSymlink != 0:
			target, _ := os.Readlink(root + string(name))
			fmt.Fprint(w, "link "+target)
		default:
			data, _ := os.ReadFile(root + string(name))
			owner := info.Sys().(*syscall.Stat_t).Uid
			fmt.Fprintf(w, "%v of %d: %s", info.Mode(), owner, data)
		}
	})
	if err := http.ListenAndServe(":8080", nil); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// hook is a command that runs after a copy: it copies a file in the container,
// unless that says fail.
func hook(args []string) {
	data, err := os.ReadFile(args[0])
	if err == nil && strings.Contains(string(data), "fail") {
		err = fmt.Errorf("the hook does not like %s", args[0])
	}
	if err == nil {
		err = os.WriteFile(args[1], data, 0o600)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
}
