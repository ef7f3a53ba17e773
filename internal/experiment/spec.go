package experiment

import (
	"time"
)

// APIVersion is what an experiment's file must say in apiVersion.
const APIVersion = "devloop/experiment/v1"

// Spec is an experiment's file. After Load all paths in it are absolute, but those
// of edits.
type Spec struct {
	APIVersion string `yaml:"apiVersion"`
	Name       string `yaml:"name"`
	// Project is the folder that is copied for each arm; default the one of the file.
	Project   string     `yaml:"project"`
	Arms      []Arm      `yaml:"arms"`
	Base      []Verified `yaml:"base"` // all that must be so before a trial
	Scenarios []Scenario `yaml:"scenarios"`
	Claims    []Claim    `yaml:"claims"`

	File string `yaml:"-"` // absolute path
	data []byte
}

// Arm is one way to bring an edit into the cluster. Commands run in the arm's copy
// of the project. In them, in Env and in texts of edits and observers ${namespace},
// ${unique} (another text in each trial), ${events} (a file for devloop's events)
// and ${devloop} (the binary of this command) are replaced.
type Arm struct {
	Name string `yaml:"name"`
	// Needs are commands without which the arm is left out, and that is told.
	Needs []string          `yaml:"needs"`
	Env   map[string]string `yaml:"env"`
	Edits []Edit            `yaml:"edits"` // of the copy, before anything else
	// Prepare commands run once, before the first trial.
	Prepare [][]string `yaml:"prepare"`
	// Stays is a process that runs from before the first trial until after the last.
	// Or: Run is started at each save.
	Stays []string `yaml:"stays"`
	Run   []string `yaml:"run"`
	// Reset brings the cluster in line after an edit was undone; default Run.
	Reset []string `yaml:"reset"`
	// Settled blocks until the arm is idle. It runs between trials, untimed.
	Settled []string `yaml:"settled"`
	// After runs at the end of each trial, untimed, such as to remove old images.
	After []string `yaml:"after"`
	// Version prints the version of the tool.
	Version []string `yaml:"version"`
	// Stages is where the parts of a trial are found: "events" in the file of
	// ${events}, else a regular expression for lines of Run's output with a name
	// and a number of seconds as its groups. They explain and are never the result.
	Stages string `yaml:"stages"`
}

// Scenario is a piece of work that is timed in each arm.
type Scenario struct {
	Name  string `yaml:"name"`
	Title string `yaml:"title"`
	// Kind is what of a project it changes, as devloop stats has it: values,
	// template, image or config.
	Kind    string        `yaml:"kind"`
	Arms    []string      `yaml:"arms"` // default all
	Timeout time.Duration `yaml:"timeout"`
	Steps   []Step        `yaml:"steps"`
}

// Step is an edit and what shows that it is verified. Its clock starts before the
// first file is written.
type Step struct {
	Name     string   `yaml:"name"`
	Edit     []Edit   `yaml:"edit"`
	Verified Verified `yaml:"verified"`
}

// Edit changes one file of the project: Find is replaced by Replace, and must be
// there exactly once; or Text is its whole new content.
type Edit struct {
	File    string `yaml:"file"`
	Find    string `yaml:"find"`
	Replace string `yaml:"replace"`
	Text    string `yaml:"text"`
}

// Verified is a state that an observer sees. One of its fields is set.
type Verified struct {
	Object *Object `yaml:"object"`
	HTTP   *HTTP   `yaml:"http"`
	File   *File   `yaml:"file"`
	Output *Output `yaml:"output"`
}

// Object is a state of objects in the cluster, seen by a watch.
type Object struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string `yaml:"kind"`
	Name       string `yaml:"name"`
	Labels     string `yaml:"labels"` // a selector, in place of Name
	// Count is how many there must be; default at least one.
	Count *int `yaml:"count"`
	// Ready asks of a Deployment that it has exactly so many pods, all of its newest
	// template, ready and available.
	Ready *int64 `yaml:"ready"`
	// Where asks of each object that a JSONPath, as kubectl has it, gives a value.
	Where map[string]string `yaml:"where"`
}

// HTTP is what answers say, asked one after the other on a connection of its own.
type HTTP struct {
	URL string `yaml:"url"` // or
	// Service, Port: asked through the API server.
	Service string            `yaml:"service"`
	Port    string            `yaml:"port"`
	Path    string            `yaml:"path"`
	Headers map[string]string `yaml:"headers"` // of the request
	Status  int               `yaml:"status"`  // of the answer; default 200
	Header  string            `yaml:"header"`  // of the answer, "Name: value" or "Name"
	Body    string            `yaml:"body"`    // a text in the answer
	// Of the last Of answers, a share between Least and Most must be so. Default:
	// all of the last 3.
	Of    int      `yaml:"of"`
	Least *float64 `yaml:"least"`
	Most  *float64 `yaml:"most"`
}

// File is a file in the containers of all pods of a selector.
type File struct {
	Labels    string   `yaml:"labels"`
	Container string   `yaml:"container"`
	Path      string   `yaml:"path"`
	Text      string   `yaml:"text"` // that must be in it
	Read      []string `yaml:"read"` // prints it; default cat and the path
}

// Output is a text that the arm's command prints, for edits that are to be refused:
// an error is verified when it is shown.
type Output struct {
	Text string `yaml:"text"`
}

// Claim is what the report judges: that the arm's time is so many percent less
// than that of Against in each scenario, or that Scenarios take it less than
// Together, added up.
type Claim struct {
	Arm       string        `yaml:"arm"`
	Against   string        `yaml:"against"`
	Less      float64       `yaml:"less"`
	Scenarios []string      `yaml:"scenarios"`
	Together  time.Duration `yaml:"together"`
}

// key names a step of a scenario.
func key(scenario, step string) string {
	if step == "" {
		return scenario
	}
	return scenario + " " + step
}
