// Package web is the page and the JSON API on which people check a message. It
// validates input, asks a Checker, shows the verdict or a clear error, and keeps
// a visitor on one version by a cookie. It knows the model service only by the
// Checker interface and may not import packages serve and check.
package web
