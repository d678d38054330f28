package overview

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strconv"

	"github.com/optiinfra/performance-agent/internal/page"
	"github.com/optiinfra/performance-agent/internal/serving"
)

//go:embed overview.html
var source string

//go:embed overview.css
var style string

//go:embed live.js
var script string

//go:embed signin.html
var signIn string

// Renderer writes the live page.
type Renderer struct {
	look   page.Look
	page   *template.Template
	plain  page.Look
	signIn *template.Template
	webUI  string
}

// NewRenderer prepares the page. webUI is the base address of Temporal's Web UI,
// "" for no link.
func NewRenderer(webUI string) (*Renderer, error) {
	funcs := page.Funcs()
	funcs["tone"], funcs["bar"], funcs["share"], funcs["gain"], funcs["rawgain"] = tone, bar, share, gain, rawGain
	t, err := template.New("overview").Funcs(funcs).Parse(source)
	if err != nil {
		return nil, fmt.Errorf("parse the live page: %w", err)
	}
	form, err := template.New("sign-in").Parse(signIn)
	if err != nil {
		return nil, fmt.Errorf("parse the form to sign in: %w", err)
	}
	return &Renderer{look: page.NewLook(style, script, true), page: t, plain: page.NewLook(style, "", false), signIn: form, webUI: webUI}, nil
}

// Policy is the content policy that the page needs.
func (r *Renderer) Policy() string { return r.look.Policy }

// SignInPolicy is the content policy of the form.
func (r *Renderer) SignInPolicy() string { return r.plain.Policy }

// Reader is who looks at the page.
type Reader struct {
	// Name is "" where nobody has to sign in.
	Name string
	// Orders says that they may give orders; without it there are no buttons.
	Orders bool
}

type view struct {
	Overview
	Look   page.Look
	WebUI  string
	Reader Reader
}

// Render writes the page for a reader.
func (r *Renderer) Render(w io.Writer, o Overview, reader Reader) error {
	if err := r.page.Execute(w, view{Overview: o, Look: r.look, WebUI: r.webUI, Reader: reader}); err != nil {
		return fmt.Errorf("render the live page: %w", err)
	}
	return nil
}

// SignIn is a form for a browser that has no session, or none that is good.
type SignIn struct {
	// To is the path to go on to, and Said what is wrong with the key before.
	To, Said string
}

// RenderSignIn writes the form.
func (r *Renderer) RenderSignIn(w io.Writer, form SignIn) error {
	if err := r.signIn.Execute(w, struct {
		SignIn
		Look page.Look
	}{form, r.plain}); err != nil {
		return fmt.Errorf("render the form to sign in: %w", err)
	}
	return nil
}

// tone is the class of a pill.
func tone(word any) string {
	switch fmt.Sprint(word) {
	case "promoted", "steady", "advised":
		return "good"
	case "violated", "rolled_back", "failed":
		return "bad"
	case "refused", "rejected", "canceled", "infeasible_slo":
		return "warn"
	}
	return ""
}

// bar is a remaining budget on a meter, which knows no debts.
func bar(m serving.Measure) float64 { return max(0, min(1, m.Or(0))) }

func share(m serving.Measure) string { return page.Measured(m, page.Percent) }

func gain(m serving.Measure) string {
	return page.Measured(m, func(v float64) string { return fmt.Sprintf("%.2f×", v) })
}

func rawGain(m serving.Measure) string {
	v, known := m.Get()
	if !known {
		return ""
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
