package record

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Write puts a report into a JSON file, whose folder it makes.
func Write(file string, report any) error {
	data, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the report: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("make the folder of the report: %w", err)
	}
	if err := os.WriteFile(file, append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// Read takes a report back out of its file. The error of a file that is not there
// is an fs.ErrNotExist.
func Read(file string, report any) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read the report: %w", err)
	}
	if err := json.Unmarshal(data, report); err != nil {
		return fmt.Errorf("report %s: %w", file, err)
	}
	return nil
}
