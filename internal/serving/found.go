package serving

import (
	"reflect"
	"strings"
)

// Found lists the quantities that a reading has, by their names in JSON and in
// the order of its fields: measures that are known, distributions, and the counts
// by reason.
func (r Reading) Found() []string {
	out := []string{}
	v := reflect.ValueOf(r)
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		switch field := v.Field(i).Interface().(type) {
		case Measure:
			if field.IsKnown() {
				out = append(out, name)
			}
		case *Histogram:
			if field != nil {
				out = append(out, name)
			}
		case map[string]float64:
			if len(field) > 0 {
				out = append(out, name)
			}
		}
	}
	return out
}
