package logs

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
)

func renderer(profile termenv.Profile, dark bool) *lipgloss.Renderer {
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(profile)
	r.SetHasDarkBackground(dark)
	return r
}

func TestPrefixWithoutColour(t *testing.T) {
	p := NewPalette(renderer(termenv.Ascii, true))
	got := p.Prefix(Line{Namespace: "dev", Pod: "app-7d9f-x2k1p", Container: "app"})
	if want := "app-7d9f-x2k1p app │ "; got != want {
		t.Errorf("prefix %q, want %q", got, want)
	}
}

func TestColoursAreStable(t *testing.T) {
	line := Line{Namespace: "dev", Pod: "app-7d9f-x2k1p", Container: "app"}
	one, two := NewPalette(renderer(termenv.TrueColor, true)), NewPalette(renderer(termenv.TrueColor, true))
	first := one.Prefix(line)
	if again := two.Prefix(line); again != first {
		t.Errorf("another run draws %q, the first drew %q", again, first)
	}
	for i := range 100 {
		one.Prefix(Line{Namespace: "dev", Pod: fmt.Sprint(i), Container: "c"})
	}
	if again := one.Prefix(line); again != first {
		t.Errorf("after other pods it is %q, it was %q", again, first)
	}
}

func TestPodsThatLogTogetherDiffer(t *testing.T) {
	for _, profile := range []termenv.Profile{termenv.TrueColor, termenv.ANSI256} {
		for _, dark := range []bool{true, false} {
			p := NewPalette(renderer(profile, dark))
			colours := map[string]string{}
			for i := range len(hues) {
				pod := fmt.Sprintf("app-%d", i)
				prefix := p.Prefix(Line{Namespace: "dev", Pod: pod, Container: "c"})
				colour := strings.Split(prefix, pod)[0]
				if other := colours[colour]; other != "" {
					t.Errorf("profile %v, dark %v: %s and %s have the colour %q", profile, dark, other, pod, colour)
				}
				colours[colour] = pod
			}
		}
	}
}

func TestContainersOfAPodDiffer(t *testing.T) {
	for _, profile := range []termenv.Profile{termenv.TrueColor, termenv.ANSI256} {
		for _, dark := range []bool{true, false} {
			for i := range len(hues) {
				p := NewPalette(renderer(profile, dark))
				pod := fmt.Sprint("pod", i)
				seen := map[string]bool{}
				for _, c := range []string{"a", "b", "c"} {
					rest := strings.SplitN(p.Prefix(Line{Pod: pod, Container: c}), "m", 4)[2]
					seen[strings.Split(rest, "m")[0]] = true
				}
				if len(seen) != 3 {
					t.Errorf("profile %v, dark %v: three containers of hue %v have %d shades: %v", profile, dark, p.pods[podName{"", pod}].hue, len(seen), seen)
				}
			}
		}
	}
}

// A pod that replaces another takes over the colour nobody uses any more.
func TestRolloutKeepsColoursApart(t *testing.T) {
	p := NewPalette(renderer(termenv.TrueColor, true))
	for generation := range 50 {
		used := map[int]string{}
		for i := range len(hues) {
			pod := fmt.Sprintf("app-%d-%d", generation, i)
			p.Prefix(Line{Pod: pod, Container: "c"})
			hue := p.pods[podName{"", pod}].hue
			if used[hue] != "" {
				t.Fatalf("generation %d: %s and %s share a colour", generation, used[hue], pod)
			}
			used[hue] = pod
		}
	}
	if len(p.pods) > remembered {
		t.Errorf("%d pods are remembered, want at most %d", len(p.pods), remembered)
	}
}

// WCAG 2.1 asks for a contrast of 4.5 between text and background.
func TestColoursAreReadable(t *testing.T) {
	contrast := func(hex string, background float64) float64 {
		v, err := strconv.ParseUint(hex[1:], 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		l := luminance([3]uint8{uint8(v >> 16), uint8(v >> 8), uint8(v)})
		return (math.Max(l, background) + 0.05) / (math.Min(l, background) + 0.05)
	}
	for _, hue := range hues {
		for _, shade := range shades {
			dark, light := hue.tones(shade)
			for name, got := range map[string]float64{
				"#1f1f1f": contrast(dark, darkBackground),
				"black":   contrast(dark, 0),
				"white":   contrast(light, 1),
			} {
				if got < 4.5 {
					t.Errorf("hue %v, shade %v: contrast %.1f on %s", hue.degrees, shade, got, name)
				}
			}
		}
	}
	// The 256 colours are coarse: on white some come a little below.
	for _, hue := range hues {
		for shade := range shades {
			if got := contrast(of256(t, hue.dark256[shade]), darkBackground); got < 4.5 {
				t.Errorf("hue %v: colour %s has a contrast of %.1f on dark", hue.degrees, hue.dark256[shade], got)
			}
			if got := contrast(of256(t, hue.light256[shade]), lightBackground); got < 4 {
				t.Errorf("hue %v: colour %s has a contrast of %.1f on light", hue.degrees, hue.light256[shade], got)
			}
		}
	}
	if got := luminance([3]uint8{255, 255, 255}); math.Abs(got-1) > 1e-9 {
		t.Errorf("luminance of white is %v", got)
	}
}

// of256 is what xterm shows for a colour of its cube of 6 x 6 x 6.
func of256(t *testing.T, number string) string {
	t.Helper()
	n, err := strconv.Atoi(number)
	if err != nil || n < 16 || n > 231 {
		t.Fatalf("colour %q is not of the cube", number)
	}
	levels := [...]int{0, 95, 135, 175, 215, 255}
	n -= 16
	return fmt.Sprintf("#%02x%02x%02x", levels[n/36], levels[n/6%6], levels[n%6])
}
