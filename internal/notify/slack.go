package notify

import (
	"fmt"
	"strings"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// The limits of Slack's Block Kit, in characters.
const (
	headerLimit  = 150
	sectionLimit = 3000
)

type message struct {
	Text   string  `json:"text"` // for notifications, and for what knows no blocks
	Blocks []block `json:"blocks"`
}

type block struct {
	Type     string `json:"type"`
	Text     *text  `json:"text,omitempty"`
	Elements []text `json:"elements,omitempty"`
}

type text struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

func slackMessage(n serving.Notice) message {
	title := short(n.Title, headerLimit)
	where := fmt.Sprintf("%s | fleet %s | %s", n.Kind, n.Fleet, n.At.UTC().Format(time.RFC3339))
	if n.WorkflowID != "" {
		where += " | " + n.WorkflowID
	}
	blocks := []block{{Type: "header", Text: &text{"plain_text", title}}}
	if n.Text != "" {
		blocks = append(blocks, block{Type: "section", Text: &text{"mrkdwn", escaped(short(n.Text, sectionLimit/5))}})
	}
	blocks = append(blocks, block{Type: "context", Elements: []text{{"mrkdwn", escaped(where)}}})
	return message{Text: escaped(title), Blocks: blocks}
}

// escaped keeps text from being read as a mention or a link: it may hold what an
// engine printed.
func escaped(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

func short(s string, limit int) string {
	runes := []rune(s)
	if len(runes) <= limit {
		return s
	}
	return string(runes[:limit-1]) + "…"
}
