package kubernetes

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/klog/v2"
)

// mayRun reports whether the scheduler would consider a node for a pod: ready,
// not cordoned, with the labels that the pod asks for, and no taint that it does
// not tolerate. Spreading and affinity to other pods are left to the scheduler.
func mayRun(spec corev1.PodSpec, n corev1.Node) bool {
	isReady := slices.ContainsFunc(n.Status.Conditions, func(c corev1.NodeCondition) bool {
		return c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue
	})
	return isReady && !n.Spec.Unschedulable && labels.SelectorFromSet(spec.NodeSelector).Matches(labels.Set(n.Labels)) &&
		wantedBy(spec.Affinity, n) && tolerated(spec.Tolerations, n.Spec.Taints)
}

func tolerated(tolerations []corev1.Toleration, taints []corev1.Taint) bool {
	for _, taint := range taints {
		if taint.Effect == corev1.TaintEffectPreferNoSchedule {
			continue
		}
		if !slices.ContainsFunc(tolerations, func(t corev1.Toleration) bool { return t.ToleratesTaint(klog.Background(), &taint, true) }) {
			return false
		}
	}
	return true
}

// wantedBy reports whether a node satisfies one of the required terms; no terms
// are no demand.
func wantedBy(a *corev1.Affinity, n corev1.Node) bool {
	if a == nil || a.NodeAffinity == nil || a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution == nil {
		return true
	}
	terms := a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms
	return slices.ContainsFunc(terms, func(term corev1.NodeSelectorTerm) bool {
		name := labels.Set{"metadata.name": n.Name} // the only field there is
		return all(term.MatchExpressions, labels.Set(n.Labels)) && all(term.MatchFields, name)
	})
}

func all(demands []corev1.NodeSelectorRequirement, has labels.Set) bool {
	operators := map[corev1.NodeSelectorOperator]selection.Operator{
		corev1.NodeSelectorOpIn: selection.In, corev1.NodeSelectorOpNotIn: selection.NotIn,
		corev1.NodeSelectorOpExists: selection.Exists, corev1.NodeSelectorOpDoesNotExist: selection.DoesNotExist,
		corev1.NodeSelectorOpGt: selection.GreaterThan, corev1.NodeSelectorOpLt: selection.LessThan}
	for _, d := range demands {
		r, err := labels.NewRequirement(d.Key, operators[d.Operator], d.Values)
		if err != nil || !r.Matches(has) {
			return false
		}
	}
	return true
}
