package fidelity

import (
	"encoding/csv"
	"fmt"
	"os"
	"strconv"
)

// line is a row of a CSV by column name. A column that is absent or no number
// reads as 0: the files leave unknown figures empty.
type line map[string]string

func (l line) text(column string) string { return l[column] }

func (l line) number(column string) float64 {
	v, err := strconv.ParseFloat(l[column], 64)
	if err != nil {
		return 0
	}
	return v
}

func (l line) integer(column string) int { return int(l.number(column)) }

func readTable(path string) ([]line, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("measured results: %w", err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("measured results: %s: %w", path, err)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("measured results: %s is empty", path)
	}
	out := make([]line, 0, len(rows)-1)
	for _, row := range rows[1:] {
		l := line{}
		for i, column := range rows[0] {
			l[column] = row[i]
		}
		out = append(out, l)
	}
	return out, nil
}
