// Command floor is the arm "floor" of examples/sms-checker/experiments/mttv.yaml: the least
// that the cluster itself needs for an edit. It is connected, reads nothing but what the
// experiment's scenarios edit, knows what to send for it, and sends that and no more: no
// chart is rendered, nothing is compared, nothing recorded.
//
//	NAMESPACE=x sms-checker-floor           # in a copy of the example that is deployed
//	sms-checker-floor settled               # ends when the cluster has been sent what the files say
//
// hack/experiment.sh and the benchmark build it under that name. It may import
// test/bench/workshop, build for what that works with, and internal/kube for the
// connection.
package main
