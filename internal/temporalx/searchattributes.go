package temporalx

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
)

// attribute is a search attribute that our workflows set. The names and types
// are those of workflows/names.go.
type attribute struct {
	name string
	kind enums.IndexedValueType
}

func attributes() []attribute {
	return []attribute{
		{"Fleet", enums.INDEXED_VALUE_TYPE_KEYWORD},
		{"Engine", enums.INDEXED_VALUE_TYPE_KEYWORD},
		{"Phase", enums.INDEXED_VALUE_TYPE_KEYWORD},
		{"Outcome", enums.INDEXED_VALUE_TYPE_KEYWORD},
		{"Weight", enums.INDEXED_VALUE_TYPE_INT},
		{"Improvement", enums.INDEXED_VALUE_TYPE_DOUBLE},
	}
}

// ErrAttributeType says that the namespace has one of our attributes with
// another type. Nothing is changed then: other workflows may use it.
var ErrAttributeType = errors.New("search attribute has another type")

// Operator is what can register search attributes; client.Client is one.
type Operator interface {
	OperatorService() operatorservice.OperatorServiceClient
}

// EnsureSearchAttributes registers the search attributes of our workflows in a
// namespace. It is idempotent, and workers that start together may all call it.
// Where the server refuses (Temporal Cloud does, and a cluster may forbid it),
// the error holds the command that an administrator has to run.
func EnsureSearchAttributes(ctx context.Context, c Operator, namespace string) error {
	operator := c.OperatorService()
	present, err := operator.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return refused(err, namespace, attributes())
	}
	missing, err := compare(present.GetCustomAttributes())
	if err != nil || len(missing) == 0 {
		return err
	}
	request := &operatorservice.AddSearchAttributesRequest{Namespace: namespace, SearchAttributes: map[string]enums.IndexedValueType{}}
	for _, a := range missing {
		request.SearchAttributes[a.name] = a.kind
	}
	_, err = operator.AddSearchAttributes(ctx, request)
	var exists *serviceerror.AlreadyExists
	if err != nil && !errors.As(err, &exists) {
		return refused(err, namespace, missing)
	}
	return nil
}

// compare returns what is missing among those present.
func compare(present map[string]enums.IndexedValueType) ([]attribute, error) {
	var missing []attribute
	for _, a := range attributes() {
		switch kind, ok := present[a.name]; {
		case !ok:
			missing = append(missing, a)
		case kind != a.kind:
			return nil, fmt.Errorf("%w: %s is %s and must be %s: use another namespace, or remove it if nothing needs it", ErrAttributeType, a.name, kind, a.kind)
		}
	}
	return missing, nil
}

// refused explains an error by what an administrator can do about it. A server
// that does not answer has refused nothing, and trying again may do.
func refused(err error, namespace string, missing []attribute) error {
	var (
		silent *serviceerror.Unavailable
		late   *serviceerror.DeadlineExceeded
	)
	if errors.As(err, &silent) || errors.As(err, &late) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("register search attributes: %w", err)
	}
	return fmt.Errorf("register search attributes: %w; an administrator can do it with: %s", err, createCommand(namespace, missing))
}

func createCommand(namespace string, list []attribute) string {
	var b strings.Builder
	fmt.Fprintf(&b, "temporal operator search-attribute create --namespace %s", namespace)
	for _, a := range list {
		fmt.Fprintf(&b, " --name %s --type %s", a.name, a.kind)
	}
	return b.String()
}
