package kubeconfig

import (
	"os"
	"path/filepath"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
)

func TestWrittenFileIsAKubeconfig(t *testing.T) {
	path := filepath.Join(t.TempDir(), ".sandbox", "kubeconfig")
	config := Config{Name: "sandbox", Server: "https://127.0.0.1:26443", Authority: []byte("ca"), Cert: []byte("cert"), Key: []byte("key")}
	if err := config.Write(path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v, want 0600", info.Mode(), err)
	}
	loaded, err := clientcmd.LoadFromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if loaded.CurrentContext != "sandbox" {
		t.Errorf("current context %q, want sandbox", loaded.CurrentContext)
	}
	cluster, user := loaded.Clusters["sandbox"], loaded.AuthInfos["sandbox"]
	if cluster == nil || cluster.Server != config.Server || string(cluster.CertificateAuthorityData) != "ca" {
		t.Errorf("cluster %+v", cluster)
	}
	if user == nil || string(user.ClientCertificateData) != "cert" || string(user.ClientKeyData) != "key" {
		t.Errorf("user %+v", user)
	}
}

func TestWriteReplacesAndTightens(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kubeconfig")
	config := Config{Name: "a", Server: "https://one"}
	if err := os.WriteFile(path, config.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := config.Write(path); err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("a file that says the same has mode %v, want 0600", info.Mode())
	}
	config.Server = "https://two"
	if err := config.Write(path); err != nil {
		t.Fatal(err)
	}
	if data, _ := os.ReadFile(path); string(data) != string(config.Bytes()) {
		t.Errorf("file is still %s", data)
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
		t.Errorf("files left beside the kubeconfig: %v", files)
	}
}
