package client

import (
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"time"
)

// put adds a query parameter; its zero value says nothing. A list is repeated if the
// contract says that it explodes, else it is one value with commas.
func put(v url.Values, name string, explode bool, value any) {
	switch x := value.(type) {
	case time.Time:
		if !x.IsZero() {
			v.Set(name, x.Format(time.RFC3339Nano))
		}
		return
	case []string:
		if explode {
			v[name] = append(v[name], x...)
		} else if len(x) > 0 {
			v.Set(name, strings.Join(x, ","))
		}
		return
	}
	if r := reflect.ValueOf(value); !r.IsZero() {
		v.Set(name, fmt.Sprint(value))
	}
}
