package skaffold

import (
	"reflect"
	"slices"
	"strings"

	"github.com/devloop-dev/devloop/internal/config"
)

// differing is the profile that makes one project of another, and the keys that
// would have to go for that: a profile takes nothing away.
func differing(base, wanted config.Project) (out config.Profile, stay []string) {
	d := &differ{}
	d.maps("images", reflect.ValueOf(base.Images), reflect.ValueOf(wanted.Images), reflect.ValueOf(&out.Images).Elem())
	d.maps("releases", reflect.ValueOf(base.Releases), reflect.ValueOf(wanted.Releases), reflect.ValueOf(&out.Releases).Elem())
	d.value("forward", reflect.ValueOf(base.Forward), reflect.ValueOf(wanted.Forward), reflect.ValueOf(&out.Forward).Elem())
	slices.Sort(d.stay)
	return out, d.stay
}

type differ struct{ stay []string }

// value sets what of wanted is not as in base. Maps are laid over each other, so only
// their entries that differ are set; of structs their fields.
func (d *differ) value(at string, base, wanted, out reflect.Value) {
	switch {
	case reflect.DeepEqual(base.Interface(), wanted.Interface()):
	case wanted.Kind() == reflect.Struct:
		for i := range wanted.NumField() {
			key, _, _ := strings.Cut(wanted.Type().Field(i).Tag.Get("yaml"), ",")
			d.value(at+"."+key, base.Field(i), wanted.Field(i), out.Field(i))
		}
	case wanted.Kind() == reflect.Map:
		d.maps(at, base, wanted, out)
	case wanted.IsZero() || wanted.Kind() == reflect.Slice && wanted.Len() == 0:
		d.stay = append(d.stay, at)
	default:
		out.Set(wanted)
	}
}

func (d *differ) maps(at string, base, wanted, out reflect.Value) {
	for _, k := range base.MapKeys() {
		if !wanted.MapIndex(k).IsValid() {
			d.stay = append(d.stay, at+"."+k.String())
		}
	}
	for _, k := range wanted.MapKeys() {
		now, before := wanted.MapIndex(k), base.MapIndex(k)
		if before.IsValid() && reflect.DeepEqual(before.Interface(), now.Interface()) {
			continue
		}
		if before.IsValid() && now.Kind() == reflect.Struct {
			part := reflect.New(now.Type()).Elem()
			d.value(at+"."+k.String(), before, now, part)
			if part.IsZero() {
				continue
			}
			now = part
		}
		if out.IsNil() {
			out.Set(reflect.MakeMap(out.Type()))
		}
		out.SetMapIndex(k, now)
	}
}
