package kube

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Address names an object of a cluster in a fleet's record. It is written
//
//	NAMESPACE/NAME[?context=CONTEXT&...][#PART]
//
// where CONTEXT is one of the kubeconfig's ("" is the current one or the pod's
// own cluster), further options are the adapter's, and PART is within the object.
type Address struct {
	Namespace, Name string
	Context         string
	Part            string
	options         url.Values
}

// ParseAddress reads an address. options are the names of those that the adapter
// has besides context.
func ParseAddress(text string, options ...string) (Address, error) {
	object, part, _ := strings.Cut(text, "#")
	object, query, _ := strings.Cut(object, "?")
	namespace, name, ok := strings.Cut(object, "/")
	if !ok || !isName(namespace) || !isName(name) {
		return Address{}, fmt.Errorf("address %q is not of the form namespace/name", text)
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return Address{}, fmt.Errorf("address %q has options that cannot be read: %w", text, err)
	}
	for option := range values {
		if option != "context" && !slices.Contains(options, option) {
			return Address{}, fmt.Errorf("address %q has the unknown option %q, use %v", text, option, append([]string{"context"}, options...))
		}
	}
	return Address{Namespace: namespace, Name: name, Context: values.Get("context"), Part: part, options: values}, nil
}

// Option is the value of an option, "" when it is not given.
func (a Address) Option(name string) string { return a.options.Get(name) }

// String is the object as kubectl's messages name it.
func (a Address) String() string { return a.Namespace + "/" + a.Name }

// isName is a check for misspelt addresses; the API server has the rules.
func isName(s string) bool {
	return s != "" && len(s) <= 253 && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '.')
	})
}
