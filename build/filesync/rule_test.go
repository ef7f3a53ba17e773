package filesync

import "testing"

func TestTarget(t *testing.T) {
	tests := []struct{ from, file, want string }{
		{"web/**", "web/a", "/to/a"},
		{"web/**", "web/css/a.css", "/to/css/a.css"},
		{"web/**", "web2/a", ""},
		{"web/**", "other", ""},
		{"web/*.html", "web/a.html", "/to/a.html"},
		{"web/*.html", "web/x/a.html", ""},
		{"web/**/*.{js,css}", "web/x/y/a.css", "/to/x/y/a.css"},
		{"**", "a/b", "/to/a/b"},
		{"*.py", "a.py", "/to/a.py"},
		{"conf", "conf/a/b", "/to/a/b"},
		{"conf", "conf", "/to/conf"},
		{"conf/app.ini", "conf/app.ini", "/to/app.ini"},
		{"conf/app.ini", "conf/app.ini2", ""},
		{"web/**", "web/größe 日本\xff", "/to/größe 日本\xff"},
	}
	for _, tt := range tests {
		if got, ok := (Rule{From: tt.from, To: "/to"}).Target(tt.file); got != tt.want || ok != (tt.want != "") {
			t.Errorf("from %s: %s goes to %q, want %q", tt.from, tt.file, got, tt.want)
		}
	}
	if i, target, ok := find([]Rule{{From: "web/*.js", To: "/a"}, {From: "web/**", To: "/b"}}, "web/x.js"); i != 0 || target != "/a/x.js" || !ok {
		t.Errorf("the first rule that matches counts: %d %s", i, target)
	}
}
