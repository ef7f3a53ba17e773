package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestExitCodes(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("KUBECONFIG", filepath.Join(dir, "none"))
	broken := filepath.Join(dir, "broken.yaml")
	if err := os.WriteFile(broken, []byte("apiVersion: devloop/v1\nproject: x\nimagse: {}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	profiled := filepath.Join(dir, "profiled.yaml")
	if err := os.WriteFile(profiled, []byte("apiVersion: devloop/v1\nproject: x\nreleases: {x: {chart: x}}\nprofiles: {local: {drift: off}}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	imaged := filepath.Join(dir, "imaged.yaml")
	if err := os.WriteFile(imaged, []byte("apiVersion: devloop/v1\nproject: x\nimages: {app: {context: .}}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(dir, "odd", "devloop.yaml")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		args  []string
		code  int
		words []string
	}{
		"version":            {[]string{"version"}, exitOK, []string{"devloop "}},
		"help":               {[]string{"--help"}, exitOK, []string{"up ", "wait", "down"}},
		"unknown flag":       {[]string{"up", "--nosuch"}, exitUsage, []string{"--nosuch", "--help"}},
		"unknown command":    {[]string{"upp"}, exitUsage, []string{"upp", "did you mean up"}},
		"stray argument":     {[]string{"up", "now"}, exitUsage, []string{"takes no arguments", "now"}},
		"unknown output":     {[]string{"up", "-o", "xml"}, exitUsage, []string{"--output xml"}},
		"a duration":         {[]string{"up", "--timeout", "5"}, exitUsage, []string{"--timeout 5: it can be a duration", "10m"}},
		"nobody to retry":    {[]string{"retry", "-f", broken}, exitFailed, []string{"no devloop up is running", "devloop up starts one"}},
		"unknown image":      {[]string{"build", "ap", "-f", imaged}, exitUsage, []string{`no image "ap"`, "did you mean app?"}},
		"no image at all":    {[]string{"build", "ap", "-f", profiled}, exitUsage, []string{`no image "ap"`, "it has none"}},
		"a folder":           {[]string{"plan", "-f", filepath.Dir(folder)}, exitFailed, []string{folder + " is a folder"}},
		"the folder itself":  {[]string{"plan", "-f", folder}, exitFailed, []string{folder + " is a folder"}},
		"no project":         {[]string{"up", "-f", dir}, exitFailed, []string{"there is no", "devloop.yaml", "-f"}},
		"unknown profile":    {[]string{"plan", "-p", "locl", "-f", profiled}, exitFailed, []string{`no profile "locl"`, `did you mean "local"`}},
		"nobody to wait for": {[]string{"wait", "-f", broken}, exitFailed, []string{"no devloop up is running", "up --once"}},
		"broken project":     {[]string{"down", "-f", broken}, exitFailed, []string{"broken.yaml:3:1", `did you mean "images"`, "3 | imagse"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if code := Main(tt.args, nil, &out, &out); code != tt.code {
				t.Errorf("exit code %d, want %d\n%s", code, tt.code, &out)
			}
			for _, w := range tt.words {
				if !strings.Contains(out.String(), w) {
					t.Errorf("does not say %q:\n%s", w, &out)
				}
			}
		})
	}
}
