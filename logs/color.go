package logs

import (
	"fmt"
	"math"

	"github.com/charmbracelet/lipgloss"
)

// hue is a colour of the palette, with its nearest relations on terminals of
// fewer colours. Those of 256, one for each shade, were chosen for a contrast of
// at least 4.5 on dark and 4 on light, and so that no two hues begin with the
// same one, which the nearest by number would.
type hue struct {
	degrees           float64
	dark256, light256 [3]string
	dark16, light16   string
}

// hues come in an order that keeps neighbours in the list far apart. Red is
// left out: it means an error.
var hues = [...]hue{
	{210, [3]string{"75", "33", "153"}, [3]string{"25", "27", "31"}, "12", "4"},
	{30, [3]string{"208", "215", "223"}, [3]string{"130", "52", "88"}, "3", "3"},
	{130, [3]string{"34", "40", "84"}, [3]string{"22", "29", "65"}, "2", "2"},
	{285, [3]string{"171", "183", "225"}, [3]string{"91", "54", "129"}, "5", "5"},
	{55, [3]string{"142", "220", "230"}, [3]string{"58", "94", "64"}, "11", "3"},
	{180, [3]string{"37", "44", "51"}, [3]string{"23", "26", "30"}, "6", "6"},
	{325, [3]string{"205", "212", "218"}, [3]string{"125", "89", "162"}, "13", "5"},
	{90, [3]string{"70", "76", "155"}, [3]string{"28", "64", "65"}, "10", "2"},
	{245, [3]string{"105", "147", "189"}, [3]string{"21", "17", "19"}, "12", "4"},
	{155, [3]string{"35", "42", "48"}, [3]string{"24", "29", "30"}, "14", "6"},
	{305, [3]string{"207", "200", "219"}, [3]string{"127", "53", "90"}, "13", "5"},
	{40, [3]string{"172", "214", "222"}, [3]string{"94", "52", "64"}, "3", "3"},
}

// shades are the contrasts (WCAG 2.1 ratio) of a pod's containers against the
// background, in the order in which they are first seen.
var shades = [...]float64{6.5, 9.5, 5}

// The backgrounds assumed: the grey of common dark themes, and white. Text
// stands out at least as well on black.
const (
	darkBackground  = 0.0137 // relative luminance of #1f1f1f
	lightBackground = 1.0
)

// color is the hue in the shade of a pod's container of that number. The first
// is that of the pod.
func (h hue) color(shade int) lipgloss.TerminalColor {
	shade %= len(shades)
	dark, light := h.tones(shades[shade])
	return lipgloss.CompleteAdaptiveColor{
		Dark:  lipgloss.CompleteColor{TrueColor: dark, ANSI256: h.dark256[shade], ANSI: h.dark16},
		Light: lipgloss.CompleteColor{TrueColor: light, ANSI256: h.light256[shade], ANSI: h.light16},
	}
}

// tones have the given contrast on dark and on light terminals.
func (h hue) tones(contrast float64) (dark, light string) {
	return tone(h.degrees, 0.75, contrast*(darkBackground+0.05)-0.05),
		tone(h.degrees, 0.85, (lightBackground+0.05)/contrast-0.05)
}

// tone finds the lightness at which a hue has a luminance.
func tone(hue, saturation, want float64) string {
	low, high := 0.0, 1.0
	for range 20 {
		mid := (low + high) / 2
		if luminance(hsl(hue, saturation, mid)) < want {
			low = mid
		} else {
			high = mid
		}
	}
	c := hsl(hue, saturation, high)
	return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2])
}

// hsl converts as CSS Color 4 section 7 says.
func hsl(hue, saturation, lightness float64) [3]uint8 {
	var c [3]uint8
	for i, n := range [...]float64{0, 8, 4} {
		k := math.Mod(n+hue/30, 12)
		a := saturation * min(lightness, 1-lightness)
		c[i] = uint8(math.Round(255 * (lightness - a*max(-1, min(k-3, 9-k, 1)))))
	}
	return c
}

// luminance is the relative luminance of WCAG 2.1.
func luminance(c [3]uint8) float64 {
	linear := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c[0]) + 0.7152*linear(c[1]) + 0.0722*linear(c[2])
}
