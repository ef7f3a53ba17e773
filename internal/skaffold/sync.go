package skaffold

import (
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/devloop-dev/devloop/internal/config"
)

// sync converts the rules that say where files go in a container. Those that
// skaffold finds out by itself have to be written.
func (c *converter) sync(n *node, im *config.Image) {
	if auto := n.take("auto"); auto.yes(false) {
		c.lose(auto, "write what is to be copied under sync:, as in {from: \"web/**\", to: /srv/web}")
	}
	for _, rule := range n.take("manual").list() {
		src, dest, strip := rule.take("src").text(), rule.take("dest").text(), rule.take("strip").text()
		switch to, ok := placed(src, dest, strip); {
		case im.Go != "":
			c.lose(rule, "devloop builds the program: it copies no files into its containers")
		case !path.IsAbs(dest):
			c.lose(rule, "%s is seen from the working folder of the image: write it under sync: with the absolute folder, as in {from: %q, to: /app}", dest, src)
		case !ok:
			c.lose(rule, "strip: is no folder that %s begins with: write the entry under sync: anew", src)
		default:
			im.Sync = append(im.Sync, config.Sync{From: src, To: to})
		}
	}
}

// placed is the folder below which devloop puts the files of a pattern so that they
// get the names that skaffold gives them: dest, and what of the path strip leaves.
// Devloop itself leaves out what comes before the first wildcard.
func placed(src, dest, strip string) (to string, ok bool) {
	base, _ := doublestar.SplitPattern(src)
	if base == "." {
		base = ""
	}
	rest, ok := strings.CutPrefix(base+"/", strip)
	if strip != "" && !strings.HasSuffix(strip, "/") {
		rest, ok = strings.CutPrefix(base+"/", strip+"/")
	}
	return path.Join(dest, rest), ok
}
