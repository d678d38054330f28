package advice

import (
	"fmt"
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Plain is the summary for people when no language model gave one: what the rules
// found and what they would change first.
func Plain(found []serving.Bottleneck, recs []serving.Recommendation) string {
	if len(found) == 0 {
		return "The rules find nothing that limits the fleet."
	}
	var b strings.Builder
	b.WriteString(fmt.Sprintf("The rules find %s (%s): %s.", found[0].Kind, found[0].Severity, strings.TrimRight(found[0].Summary, ".")))
	if others := len(found) - 1; others > 0 {
		b.WriteString(fmt.Sprintf(" %d more findings are less severe.", others))
	}
	if len(recs) == 0 {
		b.WriteString(" No change of flags answers it.")
		return b.String()
	}
	b.WriteString(fmt.Sprintf(" First to try: %s", recs[0].Title))
	if recs[0].Mechanism != "" {
		b.WriteString(", because " + strings.TrimRight(recs[0].Mechanism, "."))
	}
	b.WriteString(".")
	return b.String()
}
