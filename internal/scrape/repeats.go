package scrape

import "bytes"

// withoutRepeats blanks help, which nothing here needs, and type lines that say
// again what an earlier one said: a page that was merged from several has a
// family in several blocks, which the decoder would refuse. A type line that says
// otherwise than an earlier one is left for it to refuse. Lines keep their
// numbers.
func withoutRepeats(page []byte) []byte {
	said := map[string]string{}
	var out bytes.Buffer
	out.Grow(len(page))
	for line := range bytes.Lines(page) {
		if line[0] == '#' && dispensable(line, said) {
			out.WriteByte('\n')
			continue
		}
		out.Write(line)
	}
	return out.Bytes()
}

func dispensable(line []byte, said map[string]string) bool {
	words := bytes.Fields(line)
	if len(words) < 3 {
		return false
	}
	switch string(words[1]) {
	case "HELP":
		return true
	case "TYPE":
		name, kind := string(words[2]), string(bytes.Join(words[3:], []byte{' '}))
		before, again := said[name]
		said[name] = kind
		return again && before == kind
	}
	return false
}
