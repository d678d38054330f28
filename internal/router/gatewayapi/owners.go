package gatewayapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/optiinfra/performance-agent/internal/router"
)

// shifters are controllers that move weights themselves: the domain of their
// labels and annotations, and the names under which they write. Two that shift
// one route undo each other's work.
var shifters = []struct {
	name, domain string
	managers     []string
}{
	{"Argo Rollouts", "rollouts.argoproj.io", []string{"rollouts-controller", "argo-rollouts", "gateway-api-plugin", "rollouts-plugin-trafficrouter-gatewayapi"}},
	{"Flagger", "flagger.app", []string{"flagger"}},
	{"KServe", "serving.kserve.io", []string{"kserve", "llmisvc"}},
}

// refuse says why the route is not the agent's to write.
func (rt *route) refuse() error {
	if owner := rt.owner(); owner != "" {
		return fmt.Errorf("%w: HTTPRoute %s belongs to %s", router.ErrInvalid, rt.address, owner)
	}
	return nil
}

// owner names who else writes the weights of the route, "" for nobody.
func (rt *route) owner() string {
	meta := rt.object.ObjectMeta
	if c := metav1.GetControllerOf(&meta); c != nil {
		return fmt.Sprintf("%s %s, which would write it back", c.Kind, c.Name)
	}
	for _, s := range shifters {
		marked := func(key string) bool {
			domain, _, _ := strings.Cut(key, "/")
			return domain == s.domain || strings.HasSuffix(domain, "."+s.domain)
		}
		if slices.ContainsFunc(slices.Collect(maps.Keys(meta.Labels)), marked) || slices.ContainsFunc(slices.Collect(maps.Keys(meta.Annotations)), marked) {
			return s.name + " (its label or annotation is on it)"
		}
		for _, f := range meta.ManagedFields {
			if slices.Contains(s.managers, f.Manager) && writesRules(f) {
				return fmt.Sprintf("%s (%s wrote its rules)", s.name, f.Manager)
			}
		}
	}
	return rt.otherFleet()
}

// writesRules reports whether an entry of managedFields has the rules of the
// spec, which are owned as a whole.
func writesRules(f metav1.ManagedFieldsEntry) bool {
	if f.FieldsV1 == nil {
		return false
	}
	var fields struct {
		Spec map[string]json.RawMessage `json:"f:spec"`
	}
	if err := json.Unmarshal(f.FieldsV1.GetRawBytes(), &fields); err != nil {
		return false
	}
	_, has := fields.Spec["f:rules"]
	return has
}

// otherFleet names a fleet that has the same rule.
func (rt *route) otherFleet() string {
	for _, key := range slices.Sorted(maps.Keys(rt.object.Annotations)) {
		fleet, ours := strings.CutPrefix(key, recordPrefix)
		if !ours || fleet == rt.fleet {
			continue
		}
		if r, err := readRecord(rt.object.Annotations[key]); err == nil && r.Rule == rt.rule {
			return fmt.Sprintf("fleet %s (remove the annotation %s if that fleet is gone)", fleet, key)
		}
	}
	return ""
}
