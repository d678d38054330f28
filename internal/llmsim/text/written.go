package text

import (
	"sort"
	"strings"
)

// Written is the text of a finite answer, of which it is known what each token
// adds. It is immutable.
type Written struct {
	text string
	ends []int // of the text after each token
}

// Write writes the first n words. An answer that continues a text begins with
// the space that separates it.
func (a Answer) Write(n int, continues bool) Written {
	var b strings.Builder
	ends := make([]int, n)
	for i := range n {
		if i > 0 || continues {
			b.WriteByte(' ')
		}
		b.WriteString(a.Word(i))
		ends[i] = b.Len()
	}
	return Written{text: b.String(), ends: ends}
}

// Tokens is the number of tokens that were generated for the text.
func (w Written) Tokens() int { return len(w.ends) }

// Text is the whole text.
func (w Written) Text() string { return w.text }

// Added is the text that the tokens from..to-1 add.
func (w Written) Added(from, to int) string {
	start := 0
	if from > 0 {
		start = w.ends[from-1]
	}
	return w.text[start:w.ends[to-1]]
}

// CutAt ends the text where the first of the stop strings is complete, though
// not before the given number of tokens. The stop string itself is cut off
// unless it is kept, but its tokens have been generated. matched is "" when none
// occurs.
func (w Written) CutAt(stops []string, keep bool, notBefore int) (cut Written, matched string) {
	cut = w
	for _, stop := range stops {
		if at, tokens, found := w.find(stop, notBefore); found && tokens < len(cut.ends) || found && matched == "" {
			if keep {
				at += len(stop)
			}
			cut, matched = w.upTo(at, tokens), stop
		}
	}
	return cut, matched
}

// find is where a stop string begins and how many tokens it takes to complete.
func (w Written) find(stop string, notBefore int) (at, tokens int, found bool) {
	for from := 0; stop != ""; from = at + 1 {
		i := strings.Index(w.text[from:], stop)
		if i < 0 {
			return 0, 0, false
		}
		at = from + i
		tokens = 1 + sort.SearchInts(w.ends, at+len(stop))
		if tokens >= notBefore {
			return at, tokens, true
		}
	}
	return 0, 0, false
}

func (w Written) upTo(at, tokens int) Written {
	ends := make([]int, tokens)
	for i := range ends {
		ends[i] = min(w.ends[i], at)
	}
	return Written{text: w.text[:at], ends: ends}
}
