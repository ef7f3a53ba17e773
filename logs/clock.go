package logs

import (
	"context"
	"net/http"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// ahead is by how much the clock of the cluster is ahead of this machine's, in
// whole seconds rounded down. Where it is not to be had, the clocks are taken to
// be the same.
//
// Nodes and API server of a local cluster mostly share a machine, though not with
// us: it may be virtual, and its clock behind after that machine has slept.
func ahead(ctx context.Context, client kubernetes.Interface) time.Duration {
	api, is := client.CoreV1().RESTClient().(*rest.RESTClient)
	if !is || api == nil || api.Client == nil {
		return 0
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, api.Get().AbsPath("/version").URL().String(), nil)
	if err != nil {
		return 0
	}
	res, err := api.Client.Do(req)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	date, err := http.ParseTime(res.Header.Get("Date"))
	if err != nil {
		return 0
	}
	return time.Until(date)
}
