package kube

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// Op is one operation of a JSON Patch (RFC 6902).
type Op struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"`
}

// Test lets the whole patch fail unless the value is there.
func Test(value any, path ...any) Op { return Op{Op: "test", Path: Pointer(path...), Value: value} }

// Add sets a member of an object, or inserts into an array ("-" is its end).
func Add(value any, path ...any) Op { return Op{Op: "add", Path: Pointer(path...), Value: value} }

// Remove takes out what is there.
func Remove(path ...any) Op { return Op{Op: "remove", Path: Pointer(path...)} }

// Pointer is a JSON Pointer (RFC 6901) of names and indices.
func Pointer(path ...any) string {
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	var b strings.Builder
	for _, p := range path {
		b.WriteString("/" + escape.Replace(fmt.Sprint(p)))
	}
	return b.String()
}

// Annotate sets an annotation of an object that has those given.
func Annotate(has map[string]string, key, value string) []Op {
	if len(has) == 0 {
		return []Op{Add(map[string]string{key: value}, "metadata", "annotations")}
	}
	return []Op{Add(value, "metadata", "annotations", key)}
}

// Overtaken reports that a patch was refused because the object was not as its
// tests said, or changed meanwhile: read again and decide anew. The API server
// answers a failed test as it answers an invalid object, but names neither the
// object nor a field.
func Overtaken(err error) bool {
	if apierrors.IsConflict(err) {
		return true
	}
	var answer apierrors.APIStatus
	if !errors.As(err, &answer) {
		return false
	}
	s := answer.Status()
	return s.Code == http.StatusUnprocessableEntity && (s.Details == nil || s.Details.Name == "" && len(s.Details.Causes) == 0)
}

// Refused reports an answer that no repetition changes: what is asked for does
// not exist, is invalid, or is not allowed.
func Refused(err error) bool {
	return !Overtaken(err) && (apierrors.IsNotFound(err) || apierrors.IsInvalid(err) || apierrors.IsForbidden(err) ||
		apierrors.IsBadRequest(err) || apierrors.IsUnauthorized(err) || apierrors.IsMethodNotSupported(err))
}
