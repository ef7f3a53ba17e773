// Package digest tells what files contain, cheaply and again and again.
// A tree of files becomes a map of paths to digests over mode and content; a
// file whose size, times, inode and mode are as before is not read a second time.
// Everything devloop decides is decided on these digests, never on file events.
//
// It imports nothing of devloop.
package digest
