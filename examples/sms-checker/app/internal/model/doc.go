// Package model asks the model service whether a message is spam. It tells a
// service that cannot be used from an answer that was given, because the page
// shows the two differently. It imports the standard library only.
package model
