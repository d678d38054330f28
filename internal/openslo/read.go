package openslo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Problem is one thing in a document that is wrong or cannot be expressed.
type Problem struct {
	Field   string // for example "documents[0].spec.indicatorRef"
	Message string
	Fix     string
}

// maxDocuments bounds one import: a fleet has at most 50 objectives, and each may
// come with its service.
const maxDocuments = 100

// Read takes the objectives from documents of the kind SLO; services carry nothing
// that a fleet needs and are passed over. With any problem there are no
// objectives.
func Read(content []byte) ([]serving.Objective, []Problem) {
	var out []serving.Objective
	var problems []Problem
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	for i := 0; ; i++ {
		var node yaml.Node
		err := decoder.Decode(&node)
		if errors.Is(err, io.EOF) {
			break
		}
		r := reader{at: fmt.Sprintf("documents[%d]", i)}
		switch {
		case err != nil:
			return nil, append(problems, Problem{r.at, "is not YAML: " + err.Error(), ""})
		case i >= maxDocuments:
			return nil, append(problems, Problem{r.at, fmt.Sprintf("is one too many; at most %d are read", maxDocuments), "import them in parts"})
		}
		o, isSLO := r.document(&node)
		problems = append(problems, r.problems...)
		if isSLO && len(r.problems) == 0 {
			out = append(out, o)
		}
	}
	for i, o := range out {
		if slices.ContainsFunc(out[:i], func(p serving.Objective) bool { return p.Name == o.Name }) {
			problems = append(problems, Problem{"metadata.name", fmt.Sprintf("%q is given twice", o.Name), "give each SLO its own name"})
		}
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return out, nil
}

// reader reads one document and collects what is wrong with it.
type reader struct {
	at       string
	problems []Problem
}

func (r *reader) wrong(field, message, fix string) {
	r.problems = append(r.problems, Problem{r.at + "." + field, message, fix})
}

// document is the objective of an SLO; not one for other kinds.
func (r *reader) document(node *yaml.Node) (serving.Objective, bool) {
	var h header
	if err := node.Decode(&h); err != nil {
		r.wrong("", err.Error(), "")
		return serving.Objective{}, false
	}
	switch {
	case h.APIVersion != apiVersion:
		r.wrong("apiVersion", fmt.Sprintf("%q is not read", h.APIVersion), "use "+apiVersion)
		return serving.Objective{}, false
	case h.Kind == kindService:
		return serving.Objective{}, false
	case h.Kind != kindSLO:
		r.wrong("kind", fmt.Sprintf("%q is not supported", h.Kind), "use SLO with its indicator in place; alerting is built in")
		return serving.Objective{}, false
	}
	d, err := strictly(node)
	if err != nil {
		r.problems = append(r.problems, Problem{r.at, err.Error(), "leave out what OpenSLO v1 does not have"})
		return serving.Objective{}, false
	}
	return r.slo(d), true
}

// strictly decodes a document and refuses fields that it does not know: one that
// is misspelt would be ignored.
func strictly(node *yaml.Node) (document, error) {
	var d document
	text, err := yaml.Marshal(node)
	if err != nil {
		return d, err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	return d, decoder.Decode(&d)
}

func (r *reader) slo(d document) serving.Objective {
	o := serving.Objective{Name: d.Metadata.Name}
	if d.Spec.IndicatorRef != "" {
		r.wrong("spec.indicatorRef", "is not supported", "put the indicator in place under spec.indicator")
	}
	if len(d.Spec.AlertPolicies) > 0 {
		r.wrong("spec.alertPolicies", "are not supported", "leave them out: alerts on burn rates in several windows are built in")
	}
	r.window(d.Spec.TimeWindow, &o)
	if d.Spec.Indicator == nil {
		if d.Spec.IndicatorRef == "" {
			r.wrong("spec.indicator", "is missing", "state what is measured")
		}
		return o
	}
	r.indicator(d.Spec.Indicator.Spec, &o)
	if len(d.Spec.Objectives) != 1 {
		r.wrong("spec.objectives", fmt.Sprintf("there are %d", len(d.Spec.Objectives)), "give one, and an SLO for each further one")
		return o
	}
	r.objective(d.Spec.BudgetingMethod, d.Spec.Objectives[0], &o)
	if len(r.problems) == 0 {
		if err := o.Validate(); err != nil {
			r.problems = append(r.problems, Problem{r.at, err.Error(), ""})
		}
	}
	return o
}
