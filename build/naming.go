package build

// ProjectLabel is the label of an image that tells which project it is of.
const ProjectLabel = "dev.devloop.project"

// Naming is how the images of a project are told from others.
type Naming struct {
	// Project goes into the label ProjectLabel of what is built. Default: no label.
	Project string
	// Prefix is what references begin with, as in registry.example.com/team: then
	// app is built as registry.example.com/team/app. Default: nothing.
	Prefix string
}

// With is the same builder with names for one project. Both count their builds as
// one.
func (d *Docker) With(n Naming) *Docker {
	return &Docker{engine: d.engine, slots: d.slots, naming: n}
}

// Name is an image's full name, without a tag.
func (n Naming) Name(image string) string {
	if n.Prefix == "" {
		return image
	}
	return n.Prefix + "/" + image
}

func (n Naming) of(s Spec) Spec {
	s.Name, s.project = n.Name(s.Name), n.Project
	return s
}

// labels are those of the image that is built.
func (s Spec) labels() map[string]string {
	if s.project == "" {
		return nil
	}
	return map[string]string{ProjectLabel: s.project}
}
