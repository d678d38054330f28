package gatewayapi

import (
	"encoding/json"
	"fmt"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/optiinfra/performance-agent/internal/kube"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// record is what the agent notes on a route for one fleet: the last split that it
// wrote, by which writes are fenced, and the backends that it added.
type record struct {
	Revision int64           `json:"revision"`
	Shares   []serving.Share `json:"shares,omitempty"`
	// Rule is the one the fleet has, so that two fleets cannot have the same.
	Rule int `json:"rule"`
	// Services are the added backends by variant.
	Services map[serving.Variant]string `json:"services,omitempty"`
}

// recordPrefix and a fleet's name are the key of the annotation.
const recordPrefix = "traffic." + kube.Domain + "/"

func recordKey(fleet string) string { return recordPrefix + fleet }

func readRecord(text string) (record, error) {
	var r record
	if text == "" {
		return r, nil
	}
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return r, fmt.Errorf("its annotation is not the agent's: %w", err)
	}
	return r, nil
}

func (r record) render() (string, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return "", fmt.Errorf("render the record of the route: %w", err)
	}
	return string(b), nil
}

func (r record) weights() serving.Weights {
	return serving.Weights{Revision: r.Revision, Shares: r.Shares}
}

// variantOf is the variant whose backend the agent added, "" for others.
func (r record) variantOf(ref gatewayv1.HTTPBackendRef) serving.Variant {
	for v, service := range r.Services {
		if refersTo(ref, service) {
			return v
		}
	}
	return ""
}

// refersTo reports whether a reference is to a Service of this name in the
// route's own namespace.
func refersTo(ref gatewayv1.HTTPBackendRef, service string) bool {
	return string(ref.Name) == service && ref.Namespace == nil &&
		(ref.Group == nil || *ref.Group == "") && (ref.Kind == nil || *ref.Kind == "Service")
}
