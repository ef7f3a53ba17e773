package config

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const profiled = `apiVersion: devloop/v1
project: shop
images:
  app: {context: app, args: {A: "1", B: "1"}}
releases:
  shop:
    chart: chart
    values: [a.yaml]
    set: {app.replicas: 1, app.debug: false}
    images: {app.image: app}
forward: [{release: shop, service: app, port: 8080}]
push: registry.example.com/all
profiles:
  local:
    when: {context: minikube|kind-.*}
    push: false
  big:
    images:
      app: {args: {B: "2"}}
      extra: {context: extra}
    releases:
      shop: {values: [b.yaml, c.yaml], set: {app.replicas: 3}}
    forward: []
  ci:
    when: {env: DEVLOOP_TEST_CI=yes|1}
    drift: warn
`

func choose(t *testing.T, text, context string, profiles ...string) (*Project, error) {
	t.Helper()
	return ParseWith(filepath.Join(t.TempDir(), DefaultFile), []byte(text), Choice{Profiles: profiles, Context: func() string { return context }})
}

func TestProfilesAreInForceByNameAndByCondition(t *testing.T) {
	for name, tt := range map[string]struct {
		context string
		ci      string
		ask     []string
		want    []string
	}{
		"none":               {context: "prod"},
		"by context":         {context: "minikube", want: []string{"local"}},
		"anchored":           {context: "my-minikube"},
		"alternative":        {context: "kind-a", want: []string{"local"}},
		"by variable":        {ci: "yes", want: []string{"ci"}},
		"by name":            {ask: []string{"big"}, want: []string{"big"}},
		"later ones win":     {context: "minikube", ask: []string{"big"}, want: []string{"local", "big"}},
		"in the asked order": {context: "minikube", ask: []string{"big", "local"}, want: []string{"big", "local"}},
		"switched off":       {context: "minikube", ask: []string{"-local"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("DEVLOOP_TEST_CI", tt.ci)
			p, err := choose(t, profiled, tt.context, tt.ask...)
			if err != nil || !slices.Equal(p.Active, tt.want) {
				t.Errorf("in force: %v, %v, want %v", p, err, tt.want)
			}
		})
	}
}

func TestAProfileIsLaidOverTheFile(t *testing.T) {
	p, err := choose(t, profiled, "minikube", "big")
	if err != nil {
		t.Fatal(err)
	}
	app, shop := p.Images["app"], p.Releases["shop"]
	if app.Args["A"] != "1" || app.Args["B"] != "2" || filepath.Base(app.Context) != "app" || p.Images["extra"].Context == "" {
		t.Errorf("images %+v", p.Images)
	}
	if len(shop.Values) != 2 || filepath.Base(shop.Values[0]) != "b.yaml" || shop.Set["app.debug"] != false || shop.Set["app.replicas"] != uint64(3) {
		t.Errorf("release %+v", shop)
	}
	if filepath.Base(shop.Chart) != "chart" || len(p.Forward) != 0 || p.Push != "" || p.Name != "shop" {
		t.Errorf("%+v", p)
	}
	if plain, err := choose(t, profiled, ""); err != nil || plain.Images["app"].Args["B"] != "1" || len(plain.Forward) != 1 || plain.Push == "" {
		t.Errorf("without a profile: %+v, %v", plain, err)
	}
}

func TestErrorsInProfilesPointAtTheirPlace(t *testing.T) {
	replace := func(old, new string) string {
		if !strings.Contains(profiled, old) {
			t.Fatalf("%q is not in the file", old)
		}
		return strings.Replace(profiled, old, new, 1)
	}
	for name, tt := range map[string]struct {
		text          string
		ask           []string
		line          int
		message, hint string
	}{
		"unknown key":       {replace("    drift: warn", "    drfit: warn"), nil, 26, `unknown key "drfit"`, `did you mean "drift"`},
		"unknown profile":   {profiled, []string{"bg"}, 0, `no profile "bg"`, `did you mean "big"`},
		"off, and unknown":  {profiled, []string{"-lcal"}, 0, `no profile "lcal"`, `did you mean "local"`},
		"no regexp":         {replace("minikube|kind-.*", "'kind-('"), nil, 15, "no regular expression", "kind-.*"},
		"no condition":      {replace("DEVLOOP_TEST_CI=yes|1", "DEVLOOP_TEST_CI"), nil, 25, "no condition", "CI=true"},
		"empty condition":   {replace("{context: minikube|kind-.*}", "{}"), nil, 15, "says nothing", "context"},
		"what it makes bad": {replace("set: {app.replicas: 3}", "images: {app.image: ap}"), []string{"big"}, 22, `uses the image "ap"`, `did you mean "app"`},
		"the file's part":   {replace("images: {app.image: app}", "images: {app.image: none}"), []string{"big"}, 10, `uses the image "none"`, "images:"},
		"bad drift":         {replace("drift: warn", "drift: fix"), []string{"ci"}, 26, `drift "fix"`, "warn"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := choose(t, tt.text, "", tt.ask...)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("error %v, want a *config.Error", err)
			}
			if e.Line != tt.line || !strings.Contains(e.Message, tt.message) || !strings.Contains(e.Hint, tt.hint) {
				t.Errorf("line %d: %v", e.Line, e)
			}
		})
	}
}

func TestTheSchemaKnowsProfiles(t *testing.T) {
	validate := validator(t)
	if err := validate(profiled); err != nil {
		t.Errorf("the reader takes it, the schema does not: %v", err)
	}
	if err := validate(strings.Replace(profiled, "    drift: warn", "    drfit: warn", 1)); err == nil {
		t.Error("the schema takes an unknown key of a profile")
	}
}
