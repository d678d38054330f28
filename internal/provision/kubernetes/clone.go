package kubernetes

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/optiinfra/performance-agent/internal/kube"
	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// annotationTemplate is the hash of the pod template that a clone was made with.
// The one that is stored has the API server's defaults and cannot be compared.
const annotationTemplate = kube.Domain + "/template"

// clone is the Deployment of a variant.
func (t *target) clone(spec serving.VariantSpec) (*appsv1.Deployment, error) {
	from, err := t.recordedConfig()
	if err != nil {
		return nil, err
	}
	name, own := kube.ObjectName(t.stable.Name, spec.Variant), kube.Labels(t.fleet.Name, spec.Variant)
	template := t.stable.Spec.Template.DeepCopy()
	if err := t.reconfigure(template, from, spec.Config); err != nil {
		return nil, err
	}
	if template.Labels, err = t.podLabels(name, own); err != nil {
		return nil, err
	}
	// The end of the log is then the message with which a failed start is reported.
	template.Spec.Containers[t.container].TerminationMessagePolicy = corev1.TerminationMessageFallbackToLogsOnError
	hash, err := templateHash(template)
	if err != nil {
		return nil, err
	}
	replicas, none := int32(spec.Replicas), int32(0)
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: t.address.Namespace, Labels: own,
			Annotations:     map[string]string{annotationTemplate: hash},
			OwnerReferences: []metav1.OwnerReference{ownedBy("apps/v1", "Deployment", t.stable)}},
		Spec: appsv1.DeploymentSpec{Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: own}, Template: *template,
			RevisionHistoryLimit: &none, MinReadySeconds: t.stable.Spec.MinReadySeconds,
			Strategy: rolling(intstr.FromInt32(1), intstr.FromInt32(0))},
	}, nil
}

// rolling is the strategy of a Deployment that is rolled over.
func rolling(unavailable, surge intstr.IntOrString) appsv1.DeploymentStrategy {
	return appsv1.DeploymentStrategy{Type: appsv1.RollingUpdateDeploymentStrategyType,
		RollingUpdate: &appsv1.RollingUpdateDeployment{MaxUnavailable: &unavailable, MaxSurge: &surge}}
}

// ownedBy has the garbage collector remove what depends on an object.
func ownedBy(version, kind string, owner metav1.Object) metav1.OwnerReference {
	return metav1.OwnerReference{APIVersion: version, Kind: kind, Name: owner.GetName(), UID: owner.GetUID()}
}

// podLabels are stable's with other values where its selector looks, so that its
// ReplicaSets do not adopt the pods, and the agent's own.
func (t *target) podLabels(name string, own labels.Set) (map[string]string, error) {
	out := maps.Clone(t.stable.Spec.Template.Labels)
	if out == nil {
		out = map[string]string{}
	}
	for key := range t.stable.Spec.Selector.MatchLabels {
		out[key] = name
	}
	maps.Copy(out, own)
	selector, err := metav1.LabelSelectorAsSelector(t.stable.Spec.Selector)
	if err != nil {
		return nil, fmt.Errorf("%w: selector of Deployment %s: %w", provision.ErrInvalid, t.address, err)
	}
	if selector.Matches(labels.Set(out)) {
		return nil, fmt.Errorf("%w: the selector %s of Deployment %s would take the pods of %s: it needs a matchLabels entry",
			provision.ErrInvalid, selector, t.address, name)
	}
	return out, nil
}

func templateHash(template *corev1.PodTemplateSpec) (string, error) {
	text, err := json.Marshal(template)
	if err != nil {
		return "", fmt.Errorf("render the pod template: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16]), nil
}

// service is the Service of a variant.
func (t *target) service(clone *appsv1.Deployment) *corev1.Service {
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: clone.Name, Namespace: clone.Namespace, Labels: clone.Labels,
			OwnerReferences: []metav1.OwnerReference{ownedBy("apps/v1", "Deployment", clone)}},
		Spec: corev1.ServiceSpec{Selector: clone.Spec.Selector.MatchLabels,
			Ports: []corev1.ServicePort{{Name: "http", Port: t.port, TargetPort: intstr.FromInt32(t.port)}}},
	}
}
