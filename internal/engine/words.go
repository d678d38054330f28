package engine

import "strings"

// A flag that takes several words ("--cudagraph-capture-sizes 1 2 4"), or one
// that the catalogue does not know, has its words in one value, quoted as a
// shell would need it. A single word of JSON stays as it is, because that is how
// people write it into a configuration.

func joinWords(words []string) string {
	if len(words) == 1 && isJSON(words[0]) {
		return words[0]
	}
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = quoteWord(w)
	}
	return strings.Join(quoted, " ")
}

func quoteWord(w string) string {
	if w != "" && !strings.ContainsAny(w, " \t\r\n\v\f'\"\\") && !isJSON(w) {
		return w
	}
	return "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
}

func isJSON(w string) bool { return strings.HasPrefix(w, "{") || strings.HasPrefix(w, "[") }

// splitWords is the inverse of joinWords. A quote that is never closed reaches
// to the end: the value was written by hand and is passed on rather than lost.
func splitWords(value string) []string {
	if isJSON(value) {
		return []string{value}
	}
	var words []string
	var word strings.Builder
	inWord, quote := false, byte(0)
	for i := 0; i < len(value); i++ {
		b := value[i]
		switch {
		case quote != 0:
			if b == quote {
				quote = 0
			} else {
				word.WriteByte(b)
			}
		case b == '\'' || b == '"':
			quote, inWord = b, true
		case b == '\\' && i+1 < len(value):
			i++
			word.WriteByte(value[i])
			inWord = true
		case strings.IndexByte(" \t\r\n\v\f", b) >= 0:
			if inWord {
				words = append(words, word.String())
				word.Reset()
			}
			inWord = false
		default:
			word.WriteByte(b)
			inWord = true
		}
	}
	if inWord {
		words = append(words, word.String())
	}
	return words
}
