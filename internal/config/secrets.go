package config

import "strings"

// checkSecrets checks what a build may use and nobody may see.
func checkSecrets(name string, im Image, s source) error {
	at := func(keys ...string) []string { return append([]string{"images", name}, keys...) }
	seen := map[string]bool{}
	for i, secret := range im.Secrets {
		here := at("secrets", index(i))
		switch {
		case secret.ID == "":
			return s.errorf(here, "name it as RUN --mount=type=secret,id=ID does, as in id: npmrc", "secret %d of image %s has no id", i+1, name)
		case strings.ContainsAny(secret.ID, ", \t\n"):
			return s.errorf(append(here, "id"), "leave blanks and commas out", "secret %q of image %s: no --mount can name it", secret.ID, name)
		case seen[secret.ID]:
			return s.errorf(append(here, "id"), "each id stands for one secret", "image %s has two secrets %q", name, secret.ID)
		case secret.File == "" && secret.Env == "":
			return s.errorf(here, "name its file: or the environment variable env:", "secret %q of image %s comes from nowhere", secret.ID, name)
		case secret.File != "" && secret.Env != "":
			return s.errorf(here, "keep one of file: and env:", "secret %q of image %s comes from two places", secret.ID, name)
		}
		seen[secret.ID] = true
	}
	agents := map[string]bool{}
	for i, agent := range im.SSH {
		id, socket, named := strings.Cut(agent, "=")
		switch {
		case id == "" || named && socket == "":
			return s.errorf(at("ssh", index(i)), "write default, an id, or id=socket", "ssh %q of image %s names no agent", agent, name)
		case agents[id]:
			return s.errorf(at("ssh", index(i)), "each id stands for one agent", "image %s has two ssh agents %q", name, id)
		}
		agents[id] = true
	}
	return nil
}
