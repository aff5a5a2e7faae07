package identityweb

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// picture is a QR code as the path of an SVG image.
type picture struct {
	Size int
	Path string
}

// draw makes the picture of a text; without one the page shows the text alone.
func draw(text string) picture {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return picture{}
	}
	const margin = 4 // modules, as readers need
	var b strings.Builder
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x+margin, y+margin)
			}
		}
	}
	return picture{Size: code.Size + 2*margin, Path: b.String()}
}

func (p picture) box() string { return fmt.Sprintf("0 0 %d %d", p.Size, p.Size) }
