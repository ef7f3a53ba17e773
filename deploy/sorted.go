package deploy

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/releaseutil"
)

// sortedFiles takes rendered templates apart as releaseutil.SortManifests does,
// which parses every document only to learn its kind, and remembers what each
// template's output came to: of a save only the templates whose output changed are
// parsed. Hooks and manifests are shared and never written to. It is safe for
// concurrent use.
type sortedFiles struct {
	known recent[fileText, sortedFile]
}

type fileText struct{ path, text string }

type sortedFile struct {
	hooks     []*release.Hook
	manifests []releaseutil.Manifest
}

func newSortedFiles() *sortedFiles {
	return &sortedFiles{recent[fileText, sortedFile]{most: rememberedText}}
}

// sort is releaseutil.SortManifests in install order. That sorts all files' documents
// by kind and keeps the files' order within a kind; so does sorting the outcomes
// for the single files in their order.
func (s *sortedFiles) sort(files map[string]string) ([]*release.Hook, []releaseutil.Manifest, error) {
	var (
		hooks     []*release.Hook
		manifests = make([]releaseutil.Manifest, 0, len(files))
	)
	for _, path := range slices.Sorted(maps.Keys(files)) {
		text := files[path]
		if strings.TrimSpace(text) == "" {
			continue
		}
		file, ok := s.known.get(fileText{path, text})
		if !ok {
			var err error
			file.hooks, file.manifests, err = releaseutil.SortManifests(map[string]string{path: text}, nil, releaseutil.InstallOrder)
			if err != nil {
				return nil, nil, err
			}
			s.known.put(fileText{path, text}, file, len(path)+len(text))
		}
		hooks, manifests = append(hooks, file.hooks...), append(manifests, file.manifests...)
	}
	rank := map[string]int{}
	for i, kind := range releaseutil.InstallOrder {
		rank[kind] = i - len(releaseutil.InstallOrder) // negative, so that a kind helm does not know is last
	}
	byKind := func(a, b string) int {
		if rank[a] == 0 && rank[b] == 0 {
			return strings.Compare(a, b)
		}
		return cmp.Compare(rank[a], rank[b])
	}
	slices.SortStableFunc(hooks, func(a, b *release.Hook) int { return byKind(a.Kind, b.Kind) })
	slices.SortStableFunc(manifests, func(a, b releaseutil.Manifest) int { return byKind(a.Head.Kind, b.Head.Kind) })
	return hooks, manifests, nil
}
