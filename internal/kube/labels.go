package kube

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Domain is the prefix of the agent's own labels and annotations.
const Domain = "performance-agent.optiinfra.io"

// The labels of every object that the agent made. One that lacks any of them was
// made by somebody else and is not touched.
const (
	LabelManagedBy = "app.kubernetes.io/managed-by"
	LabelFleet     = Domain + "/fleet"
	LabelVariant   = Domain + "/variant"
)

// Manager is the value of LabelManagedBy, and the name under which the API server
// records the agent's writes.
const Manager = "performance-agent"

// Labels are those of the objects of a variant.
func Labels(fleet string, v serving.Variant) labels.Set {
	return labels.Set{LabelManagedBy: Manager, LabelFleet: fleet, LabelVariant: string(v)}
}

// FleetSelector finds all that the agent made for a fleet.
func FleetSelector(fleet string) labels.Selector {
	return labels.SelectorFromSet(labels.Set{LabelManagedBy: Manager, LabelFleet: fleet})
}

// Owns reports whether the agent made an object with these labels for the fleet.
func Owns(l map[string]string, fleet string) bool {
	return FleetSelector(fleet).Matches(labels.Set(l))
}

// CheckFleetName says why a fleet's name cannot be a label, nil when it can.
func CheckFleetName(fleet string) []string { return validation.IsValidLabelValue(fleet) }

// ObjectName is what the objects of a variant are called: after stable's, at
// most 63 characters (the limit of a Service's name). A name that had to be cut
// ends with a hash of the whole.
func ObjectName(stable string, v serving.Variant) string {
	name := stable + "-" + string(v)
	if len(name) <= validation.DNS1035LabelMaxLength {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	const hashLength = 8
	suffix := "-" + hex.EncodeToString(sum[:])[:hashLength] + "-" + string(v)
	return strings.TrimRight(name[:validation.DNS1035LabelMaxLength-len(suffix)], "-.") + suffix
}
