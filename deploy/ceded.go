package deploy

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/devloop-dev/devloop/internal/diff"
)

// ceded is a copy of wanted, as deep as it must be, whose field at the path is
// as it is in live: a merge towards the copy leaves that field alone. Where
// wanted has no such field the copy is wanted itself.
func ceded(wanted, live any, path diff.Path) any {
	if len(path) == 0 {
		return live
	}
	under, ok := path[:1].Lookup(wanted)
	if !ok {
		return wanted
	}
	have, there := path[:1].Lookup(live)
	value := ceded(under, have, path[1:])
	remove := !there && len(path) == 1
	switch w := wanted.(type) {
	case map[string]any:
		out := maps.Clone(w)
		if out[path[0].Key] = value; remove {
			delete(out, path[0].Key)
		}
		return out
	case []any:
		i := slices.IndexFunc(w, func(item any) bool { return reflect.DeepEqual(item, under) })
		out := slices.Clone(w)
		if out[i] = value; remove {
			out = slices.Delete(out, i, i+1)
		}
		return out
	}
	return wanted
}

// inWords is a value in a line of text, cut where it is long.
func inWords(value any) string {
	const longest = 40
	text := ""
	switch v := value.(type) {
	case string:
		text = v
		if v == "" || strings.ContainsAny(v, " \t\r\n\"") {
			text = strconv.Quote(v)
		}
	case map[string]any, []any:
		data, err := json.Marshal(v)
		if err != nil {
			return "..."
		}
		text = string(data)
	default:
		text = fmt.Sprint(v)
	}
	if runes := []rune(text); len(runes) > longest {
		return string(runes[:longest-3]) + "..."
	}
	return text
}
