// Package watch tells which files changed, once per save, as soon as the save
// is over. It follows folders, single files, symbolic links and paths that do
// not exist yet, with one inotify watch (kqueue, ReadDirectoryChangesW) for
// each folder that holds something wanted, and by looking at the files again
// where the system grants no more watches or does not tell all, as on a network.
// It reports paths, never contents: whether a change matters is for the
// receiver to find out, best by a digest.
//
// It imports nothing of this module, and no Kubernetes, Helm or Docker code.
package watch
