package plot

import (
	"html"
	"strconv"
	"strings"
)

// canvas collects SVG elements; its text is escaped, its numbers are short.
type canvas struct{ strings.Builder }

// num is a coordinate with the tenth of a pixel that an eye can see.
func num(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

func (c *canvas) open(width, height float64, kind, title, desc string) {
	c.WriteString(`<svg class="plot ` + kind + `" role="img" viewBox="0 0 ` + num(width) + ` ` + num(height) + `" aria-label="` +
		html.EscapeString(strings.TrimSpace(title+". "+desc)) + `">`)
}

func (c *canvas) close() { c.WriteString(`</svg>`) }

func (c *canvas) line(class string, x1, y1, x2, y2 float64) {
	c.WriteString(`<line class="` + class + `" x1="` + num(x1) + `" y1="` + num(y1) + `" x2="` + num(x2) + `" y2="` + num(y2) + `"/>`)
}

// text anchors a word at start, middle or end.
func (c *canvas) text(class, anchor string, x, y float64, words string) {
	c.WriteString(`<text class="` + class + `" text-anchor="` + anchor + `" x="` + num(x) + `" y="` + num(y) + `">` + html.EscapeString(words) + `</text>`)
}

func (c *canvas) path(class string, xy [][2]float64) {
	if len(xy) < 2 {
		return
	}
	c.WriteString(`<polyline class="` + class + `" points="`)
	for i, p := range xy {
		if i > 0 {
			c.WriteByte(' ')
		}
		c.WriteString(num(p[0]) + "," + num(p[1]))
	}
	c.WriteString(`"/>`)
}

// begin opens a group that shows a hint when pointed at.
func (c *canvas) begin(class, hint string) {
	c.WriteString(`<g class="` + class + `">`)
	if hint != "" {
		c.WriteString(`<title>` + html.EscapeString(hint) + `</title>`)
	}
}

func (c *canvas) end() { c.WriteString(`</g>`) }
