package filesync_test

import (
	"fmt"

	"github.com/devloop-dev/devloop/build/filesync"
)

// What comes before the first wildcard is no part of the names in the container.
func ExampleRule_Target() {
	rule := filesync.Rule{From: "web/**/*.css", To: "/srv/web"}
	for _, file := range []string{"web/css/a.css", "web/index.html"} {
		target, ok := rule.Target(file)
		fmt.Println(file, ok, target)
	}
	// Output:
	// web/css/a.css true /srv/web/css/a.css
	// web/index.html false
}

// Of several rules, the first that is for a file counts; it is enough to know
// that there is one to tell that a file needs no build.
func ExampleMatches() {
	rules := []filesync.Rule{{From: "conf", To: "/etc/app"}, {From: "web/**", To: "/srv/web"}}
	fmt.Println(filesync.Matches(rules, "conf/app.ini"), filesync.Matches(rules, "main.go"))
	// Output: true false
}
