package summary

import (
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/optiinfra/performance-agent/internal/bench/record"
)

// source turns the file of a part into rows.
type source struct {
	part string
	rows func(file string) ([]Row, error)
}

func sources() []source {
	return []source{
		{"run", reading(runRows)}, {"api", reading(apiRows)}, {"detection", reading(detectionRows)}, {"advisor", reading(advisorRows)},
		{"scrape", reading(scrapeRows)}, {"watch", reading(watchRows)}, {"gateway", reading(gatewayRows)}, {"loadgen", reading(loadgenRows)},
		{"growth", reading(growthRows)}, {"scale", reading(scaleRows)},
		{"search", reading(searchRows)}, {"fidelity", reading(fidelityRows)}, {"canary", reading(canaryRows)},
		{"statistics", reading(statisticsRows)}, {"diagnosis", reading(diagnosisRows)},
	}
}

// reading takes a part's report from its file.
func reading[R any](rows func(R) []Row) func(string) ([]Row, error) {
	return func(file string) ([]Row, error) {
		var r R
		if err := record.Read(file, &r); err != nil {
			return nil, err
		}
		return rows(r), nil
	}
}

// Rows are the figures of all parts that have a file in the folder.
func Rows(folder string) ([]Row, error) {
	var out []Row
	for _, s := range sources() {
		rows, err := s.rows(filepath.Join(folder, s.part+".json"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			r.Part = s.part
			out = append(out, r)
		}
	}
	return out, nil
}
