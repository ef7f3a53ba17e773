package config

import (
	"encoding/json"
	"strconv"

	"github.com/invopop/jsonschema"
)

// key is what is said of one key of devloop.yaml.
type key struct {
	text     string // what it is for, its default
	required bool
	more     func(*jsonschema.Schema) // what its values must be like
}

// describe tells of every key, by type and key. The schema, and through it an
// editor's help, is made from it; a key without an entry is an error there.
func describe() map[string]key {
	return map[string]key{
		"Project.apiVersion":    {text: "Version of this file's format.", required: true, more: oneOf(APIVersion)},
		"Project.project":       {text: "The project's name, for what devloop prints and for a label of the releases that it installs: lower-case letters, digits and dashes.", required: true, more: matching(dnsLabel.String(), 63)},
		"Project.images":        {text: "Images that are built here, by name. An image is built as NAME:dl-<digest of its content> when its content changes.", more: named(imageName.String(), 0)},
		"Project.releases":      {text: "Helm releases, by name. A release is upgraded when its chart, its values, its settings here or one of its images changes.", more: named(dnsLabel.String(), 53)},
		"Project.forward":       {text: "Ports of services that are reachable on this machine while devloop up runs."},
		"Project.drift":         {text: "What is done about objects that somebody else deletes or edits: correct (default) puts them back, warn tells only, off does not look.", more: oneOf(DriftCorrect, DriftWarn, DriftOff)},
		"Project.allowContexts": {text: "Kubeconfig contexts that devloop may write to although they are not local."},
		"Project.push":          {text: "Registry with a path that images are pushed to and that the cluster pulls from, as in registry.example.com/team. Default: images are brought to the nodes some other way.", more: orFalse(pushPrefix.String())},
		"Project.keep":          {text: "How many images that devloop built and that nothing uses stay in docker and in the cluster's nodes. Older ones are removed while nothing is to be done."},
		"Project.profiles":      {text: "Parts that are laid over this file while their profile is in force: by devloop -p NAME, or by its condition.", more: named(dnsLabel.String(), 0)},

		"Profile.when":     {text: "Has the profile in force without -p. Several conditions must all hold."},
		"Profile.images":   {text: "Laid over images, key by key."},
		"Profile.releases": {text: "Laid over releases, key by key; lists are replaced."},
		"Profile.forward":  {text: "In place of forward."},
		"Profile.drift":    {text: "In place of drift.", more: oneOf(DriftCorrect, DriftWarn, DriftOff)},
		"Profile.push":     {text: "In place of push; false for no registry.", more: orFalse(pushPrefix.String())},
		"Profile.keep":     {text: "Laid over keep."},

		"When.context": {text: "Regular expression that the whole name of the kubeconfig context matches, as in minikube|kind-.*"},
		"When.env":     {text: "An environment variable and a regular expression that all of it matches, as in CI=true.", more: matching(`^[A-Za-z_][A-Za-z0-9_]*=`, 0)},

		"Keep.images": {text: "The newest ones of each name stay. Default: 5.", more: atLeastOne},
		"Keep.size":   {text: "The size of all images of the project together, as in 10GB, the default, or 500MB.", more: matching(`^[0-9.]+ ?[kKmMgGtTpP]?i?[bB]?$`, 0)},

		"Image.context":    {text: "Folder whose files COPY and ADD can use, relative to this file.", required: true, more: notEmpty},
		"Image.dockerfile": {text: "Dockerfile, relative to the context. Default: Dockerfile."},
		"Image.target":     {text: "Stage of the Dockerfile to stop at. Default: the last one."},
		"Image.args":       {text: "Build arguments (ARG)."},
		"Image.platform":   {text: "Platform to build for, as in linux/arm64. Default: the docker daemon's."},
		"Image.secrets":    {text: "Secrets for RUN --mount=type=secret. What they hold goes neither into the image nor into its tag."},
		"Image.ssh":        {text: "SSH agents for RUN --mount=type=ssh: default (that of SSH_AUTH_SOCK), another id, or id=socket.", more: eachFilled},
		"Image.prebuild":   {text: "Command and arguments that run on this machine, in the context folder, before the build, when a file of that folder changed. What it writes never triggers the loop.", more: filled},
		"Image.go":         {text: "A Go program to make the image of, without a Dockerfile: its package as seen from the context, as in ./cmd/app. The context is the module's folder.", more: matching(`^\.(/.*)?$`, 0)},
		"Image.base":       {text: "Image to put the Go program on. Default: scratch."},
		"Image.flags":      {text: "Flags of go build, as in -tags=prod.", more: eachLike(`^-.`)},
		"Image.ldflags":    {text: "Flags of Go's linker, as in -s.", more: eachFilled},
		"Image.env":        {text: "Environment variables of an image with a Go program."},
		"Image.user":       {text: "User that a Go program runs as, as in 65532 or 1000:1000. Default: the base's; on scratch 65532."},
		"Image.ports":      {text: "Ports that a Go program listens on, for tools to show.", more: eachPort},
		"Image.custom":     {text: "Command and arguments that make the image in docker, in the context folder, under the reference in the variable IMAGE.", more: filled},
		"Image.sync":       {text: "Files that are copied into the running containers in place of a build. The first entry that matches a file counts."},

		"Sync.from":    {text: "Files below the context, as in web/**; what comes before the first wildcard is no part of the names in the container. Without a wildcard: a file, or a folder with all below.", required: true, more: notEmpty},
		"Sync.to":      {text: "Folder in the container that they go to, as in /srv/web.", required: true, more: matching("^/", 0)},
		"Sync.exec":    {text: "Command and arguments that run in the container once the files are there. When it fails, the image is built.", more: filled},
		"Sync.restart": {text: "Signal that has the container's first process start its work anew once the files are there, as HUP for servers that reload on it.", more: oneOf(signals()...)},

		"Secret.id":   {text: "The id in RUN --mount=type=secret,id=ID.", required: true, more: matching(`^[^, \t\n]+$`, 0)},
		"Secret.file": {text: "File with the secret, relative to this file; may begin with ~/."},
		"Secret.env":  {text: "Environment variable of devloop with the secret."},

		"Release.chart":           {text: "The chart's folder or .tgz, relative to this file.", required: true, more: notEmpty},
		"Release.namespace":       {text: "Namespace of the release. Default: that of the kubeconfig context.", more: orEmpty(dnsLabel.String(), 63)},
		"Release.createNamespace": {text: "Make the namespace when it is not there. Default: false."},
		"Release.values":          {text: "Values files, relative to this file. Later ones win.", more: eachFilled},
		"Release.set":             {text: "Single values by dotted key, as for helm --set. They win over the values files."},
		"Release.setFile":         {text: "Values that are the text of a file, by dotted key, as for helm --set-file. Files are relative to this file. They win over set.", more: namedFiles},
		"Release.images":          {text: "Chart value -> image of this file. A value that is a string gets the whole reference; a map gets repository and tag."},
		"Release.needs":           {text: "Releases of this file that must be ready before this one is applied."},
		"Release.hooks":           {text: "When Helm's hooks run: auto (default) when the release changes, always at each apply, never.", more: oneOf("auto", "always", "never")},

		"Forward.release": {text: "Release that the service belongs to.", required: true},
		"Forward.service": {text: "Name of the service, or KIND/NAME of what runs the pods: pod, deployment, statefulset or daemonset.", required: true, more: notEmpty},
		"Forward.port":    {text: "Port of the service, or of the container where service: names a KIND, by number or by name.", required: true, more: numberOrName},
		"Forward.local":   {text: "Port on this machine. Default: the same number; for a port by name any that is free.", more: between(0, 65535)},
	}
}

// types are what a type's keys must be like together.
func types() map[string]func(*jsonschema.Schema) {
	return map[string]func(*jsonschema.Schema){
		"Project": func(s *jsonschema.Schema) {
			s.AnyOf = []*jsonschema.Schema{{Required: []string{"releases"}}, {Required: []string{"images"}}}
		},
		"Secret": func(s *jsonschema.Schema) {
			s.OneOf = []*jsonschema.Schema{{Required: []string{"file"}}, {Required: []string{"env"}}}
		},
	}
}

func oneOf(values ...string) func(*jsonschema.Schema) {
	return func(s *jsonschema.Schema) {
		for _, v := range values {
			s.Enum = append(s.Enum, v)
		}
	}
}

// matching: the text is like this and at most so long; 0 for no limit.
func matching(pattern string, most uint64) func(*jsonschema.Schema) {
	return func(s *jsonschema.Schema) {
		s.Pattern = pattern
		if most > 0 {
			s.MaxLength = &most
		}
	}
}

// orEmpty is matching for a text that may also be empty, which is its default.
func orEmpty(pattern string, most uint64) func(*jsonschema.Schema) {
	return matching("^$|"+pattern, most)
}

// orFalse is orEmpty for a text that can be switched off.
func orFalse(pattern string) func(*jsonschema.Schema) {
	return func(s *jsonschema.Schema) {
		s.Pattern = "^$|" + pattern
		allow(s, "boolean", "null")
	}
}

// named: the names of a map's entries, at most so long; 0 for no limit.
func named(pattern string, most uint64) func(*jsonschema.Schema) {
	return func(s *jsonschema.Schema) {
		s.PropertyNames = &jsonschema.Schema{Pattern: pattern}
		if most > 0 {
			s.PropertyNames.MaxLength = &most
		}
	}
}

func notEmpty(s *jsonschema.Schema) { s.MinLength = one() }
func filled(s *jsonschema.Schema)   { s.MinItems = one() }

// eachFilled: no entry of a list is empty.
func eachFilled(s *jsonschema.Schema) { s.Items.MinLength = one() }

// eachLike: every entry of a list is like this.
func eachLike(pattern string) func(*jsonschema.Schema) {
	return func(s *jsonschema.Schema) { s.Items.Pattern = pattern }
}

func atLeastOne(s *jsonschema.Schema) { s.Minimum = number(1) }

func eachPort(s *jsonschema.Schema) { between(1, 65535)(s.Items) }

// namedFiles: keys as for helm --set, each with the path of a file.
func namedFiles(s *jsonschema.Schema) {
	s.PropertyNames = &jsonschema.Schema{Pattern: `^[^=,]+$`}
	s.AdditionalProperties = &jsonschema.Schema{Type: "string", MinLength: one()}
}

func one() *uint64 {
	n := uint64(1)
	return &n
}

func between(least, most int) func(*jsonschema.Schema) {
	return func(s *jsonschema.Schema) {
		s.Minimum, s.Maximum = number(least), number(most)
	}
}

// numberOrName is what config.Port takes.
func numberOrName(s *jsonschema.Schema) {
	byNumber := &jsonschema.Schema{Type: "integer"}
	between(1, 65535)(byNumber)
	byName := &jsonschema.Schema{Type: "string"}
	matching(dnsLabel.String(), 63)(byName)
	s.Type, s.OneOf = "", []*jsonschema.Schema{byNumber, byName}
}

func number(n int) json.Number { return json.Number(strconv.Itoa(n)) }
