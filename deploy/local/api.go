package main

import (
	"encoding/json"
	"fmt"
)

// as is a record of the API's in our own words, or one of ours in those of the API:
// both write the same JSON.
func as[T any](record any) (T, error) {
	var out T
	text, err := json.Marshal(record)
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil {
		return out, fmt.Errorf("turn %T into %T: %w", record, out, err)
	}
	return out, nil
}
