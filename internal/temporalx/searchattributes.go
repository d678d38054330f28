package temporalx

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
)

// attributes are the names and types of workflows/names.go. They are repeated
// here because an adapter may not import the workflows; a test of the end-to-end
// suite starts workflows that set each of them.
func attributes() map[string]enumspb.IndexedValueType {
	return map[string]enumspb.IndexedValueType{
		"Fleet": enumspb.INDEXED_VALUE_TYPE_KEYWORD, "Engine": enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"Phase": enumspb.INDEXED_VALUE_TYPE_KEYWORD, "Outcome": enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"Weight": enumspb.INDEXED_VALUE_TYPE_INT, "Improvement": enumspb.INDEXED_VALUE_TYPE_DOUBLE,
	}
}

// EnsureSearchAttributes registers what is missing in the connection's
// namespace. It may be
// called by several programs at once. Its error says which command does by hand
// what the server refused to do for us.
func EnsureSearchAttributes(ctx context.Context, c Connection) error {
	known, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: c.Namespace})
	if err != nil {
		return refused(attributes(), err)
	}
	missing := attributes()
	maps.DeleteFunc(missing, func(name string, _ enumspb.IndexedValueType) bool {
		_, have := known.GetCustomAttributes()[name]
		return have
	})
	if len(missing) == 0 {
		return nil
	}
	_, err = c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: c.Namespace, SearchAttributes: missing})
	var exists *serviceerror.AlreadyExists
	if err != nil && !errors.As(err, &exists) {
		return refused(missing, err)
	}
	return nil
}

func refused(missing map[string]enumspb.IndexedValueType, err error) error {
	var commands []string
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		commands = append(commands, fmt.Sprintf("temporal operator search-attribute create --name %s --type %s", name, missing[name]))
	}
	return fmt.Errorf("register search attributes: %w; do it by hand: %s", err, strings.Join(commands, "; "))
}
