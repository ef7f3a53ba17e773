package logs

import (
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/muesli/termenv"
)

func TestRecords(t *testing.T) {
	tests := map[string]struct {
		text string
		want Record
	}{
		"slog":                     {`{"time":"2030-01-02T03:04:05.6Z","level":"INFO","msg":"served","status":200,"path":"/a b"}`, Record{Info, "served", []Field{{"status", "200"}, {"path", "/a b"}}}},
		"slog +":                   {`{"time":"2030-01-02T03:04:05.6Z","level":"WARN+2","msg":"x"}`, Record{Level: Warn, Message: "x"}},
		"zap":                      {`{"level":"error","ts":1893553445.6,"caller":"app/main.go:12","msg":"no luck","error":"dial: refused","stacktrace":"main.f\n\tmain.go:12"}`, Record{Error, "no luck", []Field{{"caller", "app/main.go:12"}, {"error", "dial: refused"}, {"stacktrace", "main.f\n\tmain.go:12"}}}},
		"logrus":                   {`{"animal":"walrus","level":"warning","msg":"big","size":10,"time":"2030-01-02T03:04:05Z"}`, Record{Warn, "big", []Field{{"animal", "walrus"}, {"size", "10"}}}},
		"zerolog":                  {`{"level":"debug","user":{"id": 7, "tags":["a","}"]},"time":1893553445,"message":"hi \"you\""}`, Record{Debug, `hi "you"`, []Field{{"user", `{"id": 7, "tags":["a","}"]}`}}}},
		"pino":                     {`{"level":50,"time":1893553445600,"pid":7,"hostname":"h","msg":"oops"}`, Record{Error, "oops", []Field{{"pid", "7"}, {"hostname", "h"}}}},
		"klog":                     {`{"ts":1893553445.6,"caller":"app/main.go:12","msg":"synced","v":0}`, Record{Info, "synced", []Field{{"caller", "app/main.go:12"}, {"v", "0"}}}},
		"klog at a high verbosity": {`{"ts":1893553445.6,"msg":"synced","v":5}`, Record{Debug, "synced", []Field{{"v", "5"}}}},
		"klog error":               {`{"ts":1893553445.6,"msg":"no sync","err":"gone"}`, Record{Error, "no sync", []Field{{"err", "gone"}}}},
		"hclog":                    {`{"@level":"trace","@message":"m","@module":"x","@timestamp":"2030-01-02T03:04:05.6Z"}`, Record{Trace, "m", []Field{{"@module", "x"}}}},
		"google cloud":             {`{"severity":"CRITICAL","message":"down"}`, Record{Level: Fatal, Message: "down"}},
		"only a level":             {`{"level":"info","a":null}`, Record{Info, "", []Field{{"a", "null"}}}},
		"a key twice":              {`{"msg":"one","msg":"two"}`, Record{Unknown, "one", []Field{{"msg", "two"}}}},
		"a level that is none":     {`{"level":{"a":1},"msg":"x"}`, Record{Unknown, "x", []Field{{"level", `{"a":1}`}}}},
		"space around":             {` { "level" : "info" , "msg" : "x" , "n" : [ 1 , 2 ] } `, Record{Info, "x", []Field{{"n", "[ 1 , 2 ]"}}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, ok := ParseRecord(tt.text)
			if !ok {
				t.Fatal("not recognised")
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("record (-want +got):\n%s", diff)
			}
		})
	}
	for _, text := range []string{"", "{", "{}", `{"a":1}`, `{"msg":"cut`, `{"msg":"x"} trailing`, `["msg"]`, `{"msg":1}`, `{msg:"x"}`} {
		if got, ok := ParseRecord(text); ok {
			t.Errorf("%s was taken for %+v", text, got)
		}
	}
}

func TestLevels(t *testing.T) {
	for text, want := range map[string]Level{
		`{"level":"warn","msg":"x"}`:                          Warn,
		`time=2030-01-02T03:04:05Z level=ERROR msg="no luck"`: Error,
		`time="2030" level=info msg=x`:                        Info,
		"W0102 03:04:05.678901       1 main.go:12] slow":      Warn,
		"2030-01-02 03:04:05,678 ERROR [main] c.e.App - no":   Error,
		"2030/01/02 03:04:05 [error] 7#7: *1 open() failed":   Error,
		"WARNING: deprecated":                                 Warn,
		"DEBUG x":                                             Debug,
		"panic: runtime error: index out of range":            Error,
		"Traceback (most recent call last):":                  Error,
		"there was an error here, as there is":                Unknown,
		"listening on :8080":                                  Unknown,
		"\tat com.example.App.main(App.java:12)":              Unknown,
		"":                                                    Unknown,
	} {
		if got := LevelOf(text); got != want {
			t.Errorf("%q is %v, want %v", text, got, want)
		}
	}
	if _, err := ParseLevel("loud"); err == nil {
		t.Error("an unknown level was taken")
	}
}

func TestPrinter(t *testing.T) {
	tests := map[string]struct{ text, plain, colour string }{
		"a record": {`{"level":"error","msg":"no luck","path":"/a b","n":1,"err":"refused"}`,
			`web │ ERROR no luck path="/a b" n=1 err=refused`,
			"web │ \x1b[1;31mERROR\x1b[0m no luck \x1b[2mpath=\"/a b\"\x1b[0m \x1b[2mn=1\x1b[0m \x1b[31merr=refused\x1b[0m"},
		"a record without a message": {`{"level":"info","n":1}`, "web │ INFO  n=1", "web │ \x1b[32mINFO\x1b[0m  \x1b[2mn=1\x1b[0m"},
		"a stack goes below, with the prefix": {`{"level":"fatal","msg":"x","stack":"main.f\n\tmain.go:12\n"}`,
			"web │ FATAL x\nweb │       stack:\nweb │         main.f\nweb │         \tmain.go:12", ""},
		"escapes inside a record": {`{"msg":"a\u001b[2Jb\u0007","k\u001b[1m":"\u001b[31mred"}`, "web │ ab k=red", "web │ ab \x1b[2mk=red\x1b[0m"},
		"JSON that is no record":  {`{"id":1}`, `web │ {"id":1}`, `web │ {"id":1}`},
		"colours":                 {"\x1b[31mred", "web │ red", "web │ \x1b[31mred\x1b[0m"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			l := Line{Pod: "web", Container: "web", Text: tt.text}
			if got := NewPrinter(renderer(termenv.Ascii, true), PrinterOptions{}).Text(l); got != tt.plain {
				t.Errorf("drawn\n%q, want\n%q", got, tt.plain)
			}
			p := NewPrinter(renderer(termenv.ANSI256, true), PrinterOptions{})
			prefix := p.palette.Prefix(l)
			if got := "web │ " + p.Text(l)[len(prefix):]; tt.colour != "" && got != tt.colour {
				t.Errorf("drawn in colour\n%q, want\n%q", got, tt.colour)
			}
		})
	}
	raw := NewPrinter(renderer(termenv.Ascii, true), PrinterOptions{Raw: true})
	if got, want := raw.Text(Line{Pod: "web", Container: "web", Text: `{"msg":"x"}`}), `web │ {"msg":"x"}`; got != want {
		t.Errorf("raw: drawn %q, want %q", got, want)
	}
}

func TestClean(t *testing.T) {
	for text, want := range map[string]string{
		"plain, größe 大\tx":                      "plain, größe 大\tx",
		"a\x1b[2Jb\x1b[Hc":                       "abc",
		"\x1b]0;title\x07x":                      "x",
		"\x1b]52;c;c2VjcmV0\x1b\\x":              "x",
		"\x1b]8;;http://a\x1b\\link\x1b]8;;\x07": "link",
		"\x1bPq#0;2;0;0;0\x1b\\x":                "x",
		"\u009b2Jx\u009d0;t\u009cy":              "xy",
		"\x1b(Bx\x1bcy\x1b7z\x1b":                "xyz",
		"\x1b[1;38;5;208mx":                      "\x1b[1;38;5;208mx\x1b[0m",
		"10%\r50%\r100%\r":                       "100%",
		"one\n10%\r50%\ntwo":                     "one\n50%\ntwo",
		"\x1b]0;never ended\nnext":               "\nnext",
		"a\x00\x08\x7fb":                         "ab",
		"user\u202etxt.exe":                      "usertxt.exe",
	} {
		if got := Clean(text, true); got != want {
			t.Errorf("Clean(%q) = %q, want %q", text, got, want)
		}
	}
	if got := Clean("\x1b[31mred\x1b[0m", false); got != "red" {
		t.Errorf("without colour: %q", got)
	}
}

func FuzzDrawing(f *testing.F) {
	for _, text := range []string{`{"level":"info","msg":"a\u001b[2J"}`, "\x1b[", "{\"msg\":\"\\\"\"}", "a\rb", "\u009b"} {
		f.Add(text)
	}
	p := NewPrinter(renderer(termenv.Ascii, true), PrinterOptions{})
	coloured := NewPrinter(renderer(termenv.ANSI256, true), PrinterOptions{})
	sgr := regexp.MustCompile(`\x1b\[[0-9;:]*m`)
	f.Fuzz(func(t *testing.T, text string) {
		LevelOf(text)
		drawn := p.Text(Line{Pod: "p", Container: "c", Text: text})
		if hasControls(drawn) {
			t.Errorf("%q is drawn with controls: %q", text, drawn)
		}
		drawn = coloured.Text(Line{Pod: "p", Container: "c", Text: text})
		if hasControls(sgr.ReplaceAllString(drawn, "")) {
			t.Errorf("%q is drawn with more than colours: %q", text, drawn)
		}
	})
}

func BenchmarkPrinter(b *testing.B) {
	p := NewPrinter(renderer(termenv.TrueColor, true), PrinterOptions{})
	for name, text := range map[string]string{
		"plain": "2030/01/02 03:04:05 GET /index.html 200 in 12ms",
		"json":  `{"time":"2030-01-02T03:04:05.678Z","level":"INFO","msg":"served","method":"GET","path":"/index.html","status":200,"took":"12ms"}`,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				p.Text(Line{Namespace: "n", Pod: "web-6d4c9f7b8c-x2k8p", Container: "web", Text: text})
			}
		})
	}
}
