//go:build sandbox

package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/doctor"
)

// What init writes for projects of many shapes is rendered without a further edit,
// and each image that it found is in what is rendered. Where nothing is to be asked
// the commands come to the same without the file.
func TestInitIsEnoughToRender(t *testing.T) {
	unclear := map[string]bool{"charts-per-service": true, "helm-create": true, "lists": true}
	folders, err := filepath.Glob("../scaffold/testdata/*/README")
	if err != nil || len(folders) < 8 {
		t.Fatalf("%d layouts (%v)", len(folders), err)
	}
	for i, readme := range folders {
		folders[i] = filepath.Dir(readme)
	}
	folders = append(folders, "../../examples/hello", "../../examples/sms-checker")
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), filepath.Base(folder))
			if err := os.CopyFS(dir, os.DirFS(folder)); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(dir, config.DefaultFile)
			if err := os.RemoveAll(file); err != nil {
				t.Fatal(err)
			}
			code, without, errOut := say("render", "-f", dir)
			if unclear[filepath.Base(folder)] != strings.Contains(errOut, "run devloop init, which asks") {
				t.Errorf("without a file: %d\n%s", code, errOut)
			}
			if code, _, errOut := say("init", "--yes", "-f", dir); code != exitOK {
				t.Fatalf("init: %d\n%s", code, errOut)
			}
			code, with, errOut := say("render", "-f", dir)
			if code != exitOK {
				t.Fatalf("render: %d\n%s", code, errOut)
			}
			if !unclear[filepath.Base(folder)] && with != without {
				t.Errorf("it renders\n%s\nand without the file\n%s", with, without)
			}
			p, err := config.Load(file)
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Images) == 0 {
				t.Error("no image was found")
			}
			for _, name := range p.ImageNames() {
				if !strings.Contains(with, name+":dl-") && !strings.Contains(with, name+":known-after-prebuild") {
					t.Errorf("image %s is not in\n%s", name, with)
				}
			}
			if code, out, errOut := say("plan", "-f", dir); code != exitOK || !strings.Contains(out, "install") {
				t.Errorf("plan: %d\n%s%s", code, out, errOut)
			}
		})
	}
}

func TestDoctorIsContentWithTheSandbox(t *testing.T) {
	code, out, errOut := say("doctor", "-o", "json", "-f", "../../examples/sms-checker")
	var got struct {
		OK     bool             `json:"ok"`
		Checks []doctor.Finding `json:"checks"`
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%v\n%s%s", err, out, errOut)
	}
	if code != exitOK || !got.OK {
		t.Errorf("%d\n%s", code, out)
	}
	seen := map[string]bool{}
	for _, f := range got.Checks {
		seen[f.Check] = true
	}
	for _, check := range []string{"project", "docker", "cluster", "images", "permissions", "releases", "clock", "disk"} {
		if !seen[check] {
			t.Errorf("nothing is said of %s", check)
		}
	}
	code, out, _ = say("doctor", "-f", t.TempDir(), "--kubeconfig", filepath.Join(t.TempDir(), "none"), "--color", "never")
	if code != exitFailed || !strings.Contains(out, "warn  project") || !strings.Contains(out, "fail  cluster") || strings.Contains(out, "permissions") {
		t.Errorf("without a cluster: %d\n%s", code, out)
	}
}

// Without a file the loop runs as with one: it deploys, finds nothing more to do, and
// down removes it.
func TestUpWithoutAFile(t *testing.T) {
	p := newProject(t)
	if err := os.Remove(filepath.Join(p.dir, config.DefaultFile)); err != nil {
		t.Fatal(err)
	}
	raw, err := clientcmd.LoadFromFile(os.Getenv("KUBECONFIG"))
	if err != nil {
		t.Fatal(err)
	}
	raw.Contexts[raw.CurrentContext].Namespace = p.namespace
	kubeconfig := filepath.Join(t.TempDir(), "config")
	if err := clientcmd.WriteToFile(*raw, kubeconfig); err != nil {
		t.Fatal(err)
	}
	p.write("chart/values.yaml", "image: app\nwho: world\n")
	if code, out := p.run("up", "--once", "--kubeconfig", kubeconfig); code != exitOK || !strings.Contains(out, "this goes by what devloop init would write: release chart from chart, image app from app") {
		t.Fatalf("up: %d\n%s", code, out)
	}
	got, err := p.kube.CoreV1().ConfigMaps(p.namespace).Get(t.Context(), "config", metav1.GetOptions{})
	if err != nil || !strings.HasPrefix(got.Data["image"], "app:dl-") {
		t.Fatalf("deployed: %+v, %v", got, err)
	}
	if code, out := p.run("plan", "--exit-code", "--kubeconfig", kubeconfig); code != exitOK {
		t.Errorf("plan: %d\n%s", code, out)
	}
	if code, out := p.run("down", "--kubeconfig", kubeconfig); code != exitOK || !strings.Contains(out, "release chart in namespace "+p.namespace+": revision 1, 1 objects") {
		t.Errorf("down: %d\n%s", code, out)
	}
	if _, err := p.kube.CoreV1().ConfigMaps(p.namespace).Get(t.Context(), "config", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("after down: %v", err)
	}
	if code, out := p.run("down", "--kubeconfig", kubeconfig, "-o", "json"); code != exitOK || !strings.Contains(out, `"releases": []`) {
		t.Errorf("down again: %d\n%s", code, out)
	}
}

// A key under set: that the chart does not know is told of by plan and render.
func TestKeysThatSetNothing(t *testing.T) {
	p := newProject(t)
	p.write("devloop.yaml", "apiVersion: devloop/v1\nproject: plan\nreleases:\n  web: {chart: chart, namespace: "+p.namespace+", set: {whom: me}}\n")
	const want = "release web: set: whom is no value of the chart, so it changes nothing; did you mean who?"
	if code, out := p.run("plan"); code != exitOK || !strings.Contains(out, want) {
		t.Errorf("plan: %d\n%s", code, out)
	}
	if _, _, errOut := say("render", "-f", p.dir); !strings.Contains(errOut, want) {
		t.Errorf("render: %s", errOut)
	}
	if code, out := p.run("up", "--once"); code != exitOK || !strings.Contains(out, want) {
		t.Errorf("up: %d\n%s", code, out)
	}
}
