//go:build sandbox

package build

import "testing"

// shellSource is a shell of a few commands, since no image can be pulled here.
const shellSource = `package main

import ("fmt"; "net"; "os"; "strconv"; "strings"; "time")

func main() {
	for _, line := range strings.Split(os.Args[2], "&&") {
		f := append(strings.Fields(line), "", "")
		var err error
		switch f[0] {
		case "echo":
			fmt.Println(strings.Join(f[1:len(f)-2], " "))
		case "cat":
			var text []byte
			if text, err = os.ReadFile(f[1]); err == nil { os.Stdout.Write(append(text, '\n')) }
		case "copy":
			var text []byte
			if text, err = os.ReadFile(f[1]); err == nil { err = os.WriteFile(f[2], text, 0o644) }
		case "append":
			var out *os.File
			if out, err = os.OpenFile(f[1], os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644); err == nil { fmt.Fprint(out, f[2]) }
		case "agent":
			_, err = net.Dial("unix", os.Getenv("SSH_AUTH_SOCK"))
		case "sleep":
			var d time.Duration
			if d, err = time.ParseDuration(f[1]); err == nil { time.Sleep(d) }
		case "exit":
			n, _ := strconv.Atoi(f[1])
			os.Exit(n)
		default:
			err = fmt.Errorf("%s: not found", f[0])
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "sh:", err)
			os.Exit(1)
		}
	}
}
`

// shellImage is a base image with a /bin/sh, and its reference.
func shellImage(t *testing.T) string {
	t.Helper()
	root := folder(t, map[string]string{"Dockerfile": "FROM scratch\nCOPY sh /bin/sh\n"})
	program(t, root, "sh", shellSource)
	s := Spec{Name: "devloop-test/shell", Context: root}
	img, err := NewDocker(realDocker(t)).Build(t.Context(), s, inputs(t, s), nil)
	if err != nil {
		t.Fatal(err)
	}
	return img.Ref // it stays for the next test, and the next run: its content is always the same
}

// onShell is a spec whose Dockerfile may say FROM shell.
func onShell(t *testing.T, name string, files map[string]string) Spec {
	t.Helper()
	return Spec{Name: "devloop-test/" + name, Context: folder(t, files), Bases: map[string]string{"shell": shellImage(t)}}
}
