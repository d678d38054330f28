package advice

import (
	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// noFinding is the answer that a cause explains none of the rules' findings.
const noFinding = "none"

// object is a schema of an object in the form that strict mode asks for: every
// field required and no others.
func object(fields map[string]any, order ...string) map[string]any {
	return map[string]any{"type": "object", "properties": fields, "required": order, "additionalProperties": false}
}

func list(of any) map[string]any { return map[string]any{"type": "array", "items": of} }

func text(about string) map[string]any { return map[string]any{"type": "string", "description": about} }

func oneOf(words []string) map[string]any { return map[string]any{"type": "string", "enum": words} }

// schemaOf is the schema of the answer. Flags are those that may be changed, so
// that constrained decoding cannot even write another one; Vet does not rely on it.
func schemaOf(tunable []engine.Parameter) map[string]any {
	number := map[string]any{"type": "number"}
	flags := make([]string, 0, len(tunable))
	for _, p := range tunable {
		flags = append(flags, p.Flag)
	}
	flag := text("a flag of the parameters")
	if len(flags) > 0 {
		flag = oneOf(flags)
	}
	change := object(map[string]any{"flag": flag, "action": oneOf([]string{actionSet, actionRemove}),
		"value": text("the new value, empty to remove")}, "flag", "action", "value")
	hypothesis := object(map[string]any{"cause": text("one sentence"), "finding": oneOf(findings()), "confidence": number,
		"evidence": text("the numbers that speak for it"), "refuted_by": text("what measurement would refute it")},
		"cause", "finding", "confidence", "evidence", "refuted_by")
	proposal := object(map[string]any{"title": text("the change in a few words"), "finding": oneOf(findings()), "changes": list(change),
		"mechanism": text("why it helps"), "expected_low": number, "expected_high": number, "refuted_by": text("what result of a trial would refute it")},
		"title", "finding", "changes", "mechanism", "expected_low", "expected_high", "refuted_by")
	return object(map[string]any{"summary": text("three sentences"), "hypotheses": list(hypothesis), "proposals": list(proposal)},
		"summary", "hypotheses", "proposals")
}

func findings() []string {
	out := []string{noFinding}
	for _, k := range serving.BottleneckKinds() {
		out = append(out, string(k))
	}
	return out
}
