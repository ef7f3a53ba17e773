package build

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/identity"
)

// oldLayers finds out which layer is in which folder of an archive as docker saves
// it before version 25: a folder is named by the digest of its file json, which
// lies before the layer, with the chain of layers up to this one in it. So nothing
// is taken for a layer that it is not.
type oldLayers struct {
	layers []digest.Digest
	chains []digest.Digest
	of     map[string]digest.Digest // folder -> layer
}

func newOldLayers(layers []digest.Digest) *oldLayers {
	chains := make([]digest.Digest, len(layers))
	copy(chains, layers)
	return &oldLayers{layers: layers, chains: identity.ChainIDs(chains), of: map[string]digest.Digest{}}
}

// note takes over what a folder's file json says.
func (o *oldLayers) note(folder string, text []byte) error {
	var said map[string]*json.RawMessage
	if err := json.Unmarshal(text, &said); err != nil {
		return fmt.Errorf("%s/json: %w", folder, err)
	}
	// What was added to the file after its digest was taken.
	delete(said, "id")
	if parent := said["parent"]; parent != nil {
		full := json.RawMessage(`"sha256:` + strings.Trim(string(*parent), `"`) + `"`)
		said["parent"] = &full
	}
	plain := maps.Clone(said)
	delete(plain, "os") // of all layers but the last
	for i, chain := range o.chains {
		id := json.RawMessage(`"` + chain + `"`)
		for _, of := range []map[string]*json.RawMessage{plain, said} {
			of["layer_id"] = &id
			text, err := json.Marshal(of)
			if err != nil {
				return err
			}
			if digest.FromBytes(text).Encoded() == folder {
				o.of[folder] = o.layers[i]
				return nil
			}
		}
	}
	return nil
}
