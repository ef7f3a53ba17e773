package event

// The kinds of target.
const (
	Image   = "image"
	Release = "release"
)

// Targets: these are the images and releases of the project, each in the order of
// their names. Told at the first look, and when devloop.yaml names others.
type Targets struct {
	Images   []string `json:"images,omitempty"`
	Releases []string `json:"releases,omitempty"`
}

// Began: work on a target begins with a stage: sync, prebuild, build, load, apply
// or rollout. What comes of it is a Stage of that name, or Failed; of a sync that
// fails it is the plan of a build.
type Began struct {
	Iteration  int    `json:"iteration"`
	Target     string `json:"target"`
	TargetKind string `json:"target_kind"`
	Stage      string `json:"stage"`
}

// Applied: a release was written to the cluster, and what that changed.
type Applied struct {
	Iteration int            `json:"iteration"`
	Release   string         `json:"release"`
	Revision  int            `json:"revision"`
	Objects   []ObjectChange `json:"objects,omitempty"`
}

// ObjectChange is what was done to one object.
type ObjectChange struct {
	Object string `json:"object"` // Kind/name
	Change string `json:"change"` // create, update or delete
	// Diff is what differs as lines of YAML, marked by "- " and "+ " as in a unified
	// diff; of updated objects only. Values of secrets are hidden.
	Diff []string `json:"diff,omitempty"`
}

// Waits: a target is left as it is until what it uses, which failed, is there.
type Waits struct {
	Iteration  int    `json:"iteration"`
	Target     string `json:"target"`
	TargetKind string `json:"target_kind"`
	For        string `json:"for"` // in words
}

// Paused: from now on saves are left alone, or, when false, no longer.
type Paused struct {
	Paused bool `json:"paused"`
}

// Forwarded: a port of the cluster is reached at URL on this machine, or, when
// Ended, no longer.
type Forwarded struct {
	Target string `json:"target"` // in words, as in "service app port 8080"
	URL    string `json:"url"`
	Taken  int    `json:"taken,omitempty"` // the local port that was asked for and is in use
	Ended  bool   `json:"ended,omitempty"`
}

func (Targets) Kind() string   { return "targets" }
func (Began) Kind() string     { return "began" }
func (Applied) Kind() string   { return "applied" }
func (Waits) Kind() string     { return "waits" }
func (Paused) Kind() string    { return "paused" }
func (Forwarded) Kind() string { return "forwarded" }
