package doctor

import "fmt"

// watches is what the system grants for watching files.
type watches struct {
	most, used   int // for this user
	instances    int
	usedInstance int
	command      string // raises the limit, with %d for it
	instanceCmd  string
}

// recommended limits are those that the editors ask for too.
const (
	enoughWatches   = 524288
	enoughInstances = 512
)

func (e *examination) inotify() []Finding {
	w, known := systemWatches()
	if !known {
		return nil
	}
	wanted := 0
	if e.Project != nil {
		wanted = folders(e.Project)
	}
	return watchFindings(w, wanted)
}

// watchFindings says whether the project's folders fit into what is left.
func watchFindings(w watches, wanted int) []Finding {
	const check = "inotify"
	text := fmt.Sprintf("%d of %d watches in use", w.used, w.most)
	if wanted > 0 {
		text += fmt.Sprintf(", the project takes %d", wanted)
	}
	var out []Finding
	fix := fmt.Sprintf(w.command, max(enoughWatches, 2*w.most))
	switch left := w.most - w.used; {
	case wanted > left:
		out = warn(check, text+": the folders that do not fit are polled, which is slower", fix)
	case left < w.most/10:
		out = warn(check, text+": nearly all", fix)
	default:
		out = ok(check, text)
	}
	if w.instances > 0 && w.usedInstance >= w.instances {
		out = append(out, warn(check, fmt.Sprintf("all %d instances are in use: files are polled, which is slower", w.instances),
			fmt.Sprintf(w.instanceCmd, max(enoughInstances, 2*w.instances)))...)
	}
	return out
}
