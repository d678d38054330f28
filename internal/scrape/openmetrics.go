package scrape

import (
	"bytes"
	"mime"
	"strings"

	"github.com/prometheus/common/expfmt"
)

// isOpenMetrics tells by the content type. Anything else is read as the text
// format, which servers also send without a type or with a wrong one; protobuf
// is not asked for and not read.
func isOpenMetrics(contentType string) bool {
	mediaType, _, err := mime.ParseMediaType(contentType)
	return err == nil && mediaType == expfmt.OpenMetricsType
}

// textOf rewrites an OpenMetrics page in the text format, line for line so that
// the numbers of lines in errors hold. expfmt can decode OpenMetrics too, but
// matches each line with a general grammar: a second or more of CPU for an
// engine's page of 400 lines, where this and the text parser need less than a
// thousandth of that. Exemplars, timestamps, help and units are not needed.
func textOf(page []byte) ([]byte, error) {
	body, rest, found := bytes.Cut(page, []byte("# EOF\n"))
	if !found || len(body) > 0 && body[len(body)-1] != '\n' {
		return nil, &Mistake{Line: lines(page) + 1, Cause: "cut short, an OpenMetrics page ends with # EOF"}
	}
	if len(rest) > 0 {
		return nil, &Mistake{Line: lines(body) + 2, Cause: "beyond # EOF"}
	}
	var out bytes.Buffer
	out.Grow(len(body))
	for line := range strings.Lines(string(body)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "#") {
			out.WriteString(typeLine(line))
		} else {
			out.WriteString(sampleLine(line))
		}
		out.WriteByte('\n')
	}
	return out.Bytes(), nil
}

// typeLine gives a family the name that its samples have. Types that the text
// format does not know become the nearest that it does, or none.
func typeLine(line string) string {
	words := strings.Fields(line)
	if len(words) != 4 || words[1] != "TYPE" {
		return ""
	}
	name, kind := words[2], words[3]
	switch kind {
	case "counter":
		name = strings.TrimSuffix(name, "_total") + "_total"
	case "info":
		name, kind = strings.TrimSuffix(name, "_info")+"_info", "gauge"
	case "stateset":
		kind = "gauge"
	case "unknown", "gaugehistogram":
		return ""
	}
	return "# TYPE " + name + " " + kind
}

// sampleLine keeps name, labels and value. A line without a value is left for
// the parser to refuse.
func sampleLine(line string) string {
	end := labelsEnd(line)
	fields := strings.Fields(line[end:])
	if len(fields) == 0 {
		return line
	}
	return line[:end] + " " + fields[0]
}

// labelsEnd is the index after the name and labels of a sample. Braces and
// spaces within quotes do not count.
func labelsEnd(line string) int {
	open := strings.IndexAny(line, "{ ")
	if open < 0 {
		return len(line)
	}
	if line[open] == ' ' {
		return open
	}
	quoted := false
	for i := open; i < len(line); i++ {
		switch c := line[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && c == '}':
			return i + 1
		}
	}
	return len(line)
}
