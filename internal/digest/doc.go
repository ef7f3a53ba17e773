// Package digest tells what files contain, cheaply and again and again.
// A folder becomes a Tree, which maps paths to digests over mode and content; a
// file whose size, times, inode and mode are as before is not read a second time,
// not even by the next process (CachePath), and after a change Update looks at the
// changed paths alone. Everything devloop decides is decided on these digests,
// never on file events.
//
// It imports nothing of devloop.
package digest
