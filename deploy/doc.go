// Package deploy turns a Helm chart into objects in a cluster: it renders the
// chart in process, applies it as a true Helm release by Helm's own actions,
// and waits by watches until the objects are ready or have failed with a cause.
// A release that is already as its files say is not touched: no write, no
// revision, no hook.
//
// What it leaves behind is a plain Helm release, so `helm list`, `history`,
// `rollback`, `get` and `uninstall` work on it, and it works on releases that
// helm made.
//
// It may not import watch, build, logs or internal/loop.
package deploy
