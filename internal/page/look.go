package page

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"strings"
)

//go:embed page.css
var baseStyle string

//go:embed sort.js
var sortScript string

// Look is the style and the script of a page, and the policy that allows them.
type Look struct {
	Style  template.CSS
	Script template.JS
	// Policy is the Content-Security-Policy under which the page is sent.
	Policy string
}

// NewLook adds a page's own style and script to those of all pages. A page that
// Connects may call the server it came from.
func NewLook(style, script string, connects bool) Look {
	l := Look{Style: template.CSS(baseStyle + style), Script: template.JS(sortScript + script)}
	parts := []string{"default-src 'none'", "style-src " + hash(string(l.Style)), "script-src " + hash(string(l.Script)),
		"img-src data:", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"}
	if connects {
		parts = append(parts, "connect-src 'self'")
	}
	l.Policy = strings.Join(parts, "; ")
	return l
}

// hash is the source expression that allows exactly this inline text.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
