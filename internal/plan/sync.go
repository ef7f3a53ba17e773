package plan

// syncs decides between copying what differs into the running containers and a
// rebuild. not says why the files that could be copied are not; it is empty
// where nobody would expect a copy.
func syncs(was, now Image) (do Do, not string) {
	if now.Syncs == nil || was.Overlay == nil {
		return Rebuild, ""
	}
	some, other := false, ""
	for _, path := range was.Overlay.Built.Diff(now.Inputs) {
		switch {
		case now.Syncs(path):
			some = true
		case other == "":
			other = path
		}
	}
	switch {
	case was.Overlay.Barred != "":
		return Rebuild, "no sync: " + was.Overlay.Barred
	case other == "":
		return Sync, ""
	case some:
		return Rebuild, "no sync: " + shown(other) + " is not under sync"
	}
	return Rebuild, ""
}

// unclear: nobody knows whether the containers hold what they are to hold.
func (o *Overlay) unclear() bool { return o != nil && (o.Again || o.Barred != "") }
