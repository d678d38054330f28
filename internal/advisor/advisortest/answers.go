package advisortest

import "encoding/json"

// Proposal is a change as an answer states it.
type Proposal struct {
	Title   string
	Finding string
	// Changes are flag, action and value by turns.
	Changes []string
}

// Answer is an answer of the schema with the given proposals.
func Answer(summary string, proposals ...Proposal) string {
	list := []any{}
	for _, p := range proposals {
		changes := []any{}
		for i := 0; i+2 < len(p.Changes); i += 3 {
			changes = append(changes, map[string]string{"flag": p.Changes[i], "action": p.Changes[i+1], "value": p.Changes[i+2]})
		}
		list = append(list, map[string]any{"title": p.Title, "finding": p.Finding, "changes": changes, "mechanism": "more of it fits",
			"expected_low": 1.1, "expected_high": 1.6, "refuted_by": "the same rate in a trial"})
	}
	text, err := json.Marshal(map[string]any{"summary": summary, "proposals": list, "hypotheses": []any{map[string]any{
		"cause": "too few requests run at once", "finding": "slot-bound", "confidence": 0.8, "evidence": "16 run and 12 wait", "refuted_by": "no gain with more slots"}}})
	if err != nil { // strings and numbers
		panic(err)
	}
	return string(text)
}
