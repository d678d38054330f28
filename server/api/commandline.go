package api

import (
	"errors"
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// splitCommand reads a command line as a shell would read it, without expanding
// anything: words, quotes, backslashes, and a backslash at the end of a line.
func splitCommand(line string) ([]string, error) {
	line = strings.ReplaceAll(line, "\\\n", " ")
	var (
		words  []string
		word   strings.Builder
		inWord bool
		quote  rune
		escape bool
	)
	for _, r := range line {
		switch {
		case escape:
			word.WriteRune(r)
			escape = false
		case r == '\\' && quote != '\'':
			escape, inWord = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote, inWord = r, true
		case quote == 0 && strings.ContainsRune(" \t\r\n", r):
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	if quote != 0 || escape {
		return nil, errors.New("a quote or a backslash is left open")
	}
	if inWord {
		words = append(words, word.String())
	}
	if len(words) == 0 {
		return nil, errors.New("is empty")
	}
	return words, nil
}

// engineOf recognises an engine by the program of its command line.
func engineOf(words []string) (serving.EngineKind, bool) {
	for _, w := range words[:min(len(words), 3)] {
		switch {
		case strings.HasSuffix(w, "text-generation-launcher"):
			return serving.TGI, true
		case strings.Contains(w, "sglang"):
			return serving.SGLang, true
		case strings.Contains(w, "vllm"):
			return serving.VLLM, true
		}
	}
	return "", false
}
