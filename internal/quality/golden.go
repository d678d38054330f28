package quality

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Limits of a golden set.
const (
	MostGoldenBytes = 512 << 10
	mostPromptBytes = 16 << 10
	mostAnswer      = 512 // tokens
)

// ParseGolden reads a golden set: one JSON object a line with a prompt and what a
// good answer is, "expected" or "pattern" (a regular expression in RE2 syntax).
// An error names the line.
func ParseGolden(jsonl string) (serving.GoldenSet, error) {
	if len(jsonl) > MostGoldenBytes {
		return serving.GoldenSet{}, fmt.Errorf("%d bytes are more than %d; keep the prompts short or give fewer", len(jsonl), MostGoldenBytes)
	}
	var set serving.GoldenSet
	seen := map[string]bool{}
	lines := bufio.NewScanner(strings.NewReader(jsonl))
	lines.Buffer(nil, MostGoldenBytes+1)
	for number := 1; lines.Scan(); number++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		item, err := parseItem(line)
		if item.ID == "" {
			item.ID = fmt.Sprintf("line-%d", number)
		}
		if err == nil && seen[item.ID] {
			err = fmt.Errorf("id: %q is given twice", item.ID)
		}
		if err != nil {
			return serving.GoldenSet{}, fmt.Errorf("line %d: %w", number, err)
		}
		seen[item.ID] = true
		set.Items = append(set.Items, item)
	}
	if len(set.Items) == 0 {
		return serving.GoldenSet{}, fmt.Errorf("no prompt; give one JSON object a line, for example {\"prompt\": \"2+2?\", \"pattern\": \"4\"}")
	}
	if len(set.Items) > MostPrompts {
		return serving.GoldenSet{}, fmt.Errorf("%d prompts are more than %d", len(set.Items), MostPrompts)
	}
	sum := sha256.Sum256([]byte(jsonl))
	set.ID = "sha256:" + hex.EncodeToString(sum[:16])
	return set, lines.Err()
}

func parseItem(line []byte) (serving.QualityItem, error) {
	var item serving.QualityItem
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields() // a misspelt "expected" would make a prompt without one
	if err := d.Decode(&item); err != nil {
		return item, fmt.Errorf("not a prompt: %w", err)
	}
	switch {
	case strings.TrimSpace(item.Prompt) == "":
		return item, fmt.Errorf("prompt: must not be empty")
	case len(item.Prompt) > mostPromptBytes:
		return item, fmt.Errorf("prompt: %d bytes are more than %d", len(item.Prompt), mostPromptBytes)
	case item.Expected != "" && item.Pattern != "":
		return item, fmt.Errorf("pattern: give expected or pattern, not both")
	case item.MaxTokens < 0 || item.MaxTokens > mostAnswer:
		return item, fmt.Errorf("max_tokens: %d must be within 1..%d", item.MaxTokens, mostAnswer)
	}
	if _, err := regexp.Compile(item.Pattern); err != nil {
		return item, fmt.Errorf("pattern: %w", err)
	}
	return item, nil
}

// Pick takes the first n items of a set, or all of fewer.
func Pick(items []serving.QualityItem, n int) []serving.QualityItem {
	return items[:min(n, len(items))]
}
