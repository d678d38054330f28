package kubernetes

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/optiinfra/performance-agent/internal/kube"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const (
	// annotationPaused is on an autoscaler that the agent paused: the behaviour that
	// it had, as JSON.
	annotationPaused = kube.Domain + "/paused"
	// annotationKEDA pauses a ScaledObject of KEDA at its present size.
	annotationKEDA = "autoscaling.keda.sh/paused"
)

// scaledObject is what the agent needs to know of KEDA's kind.
type scaledObject struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		ScaleTargetRef struct {
			Kind string `json:"kind,omitempty"`
			Name string `json:"name"`
		} `json:"scaleTargetRef"`
	} `json:"spec"`
}

func (t *target) scaledObjects() kube.Objects[scaledObject] {
	return kube.In[scaledObject](t.client, kube.NewKind("keda.sh", "v1alpha1", "ScaledObject", "scaledobjects"), t.address.Namespace)
}

// pauseAutoscalers keeps the size of stable while variants take a part of its
// load: an autoscaler would shrink it by what the way back needs.
func (t *target) pauseAutoscalers(ctx context.Context) error {
	scalers, err := t.autoscalers(ctx)
	if err != nil {
		return err
	}
	for _, h := range scalers {
		if _, paused := h.Annotations[annotationPaused]; paused {
			continue
		}
		if err := t.pause(ctx, h); err != nil {
			return err
		}
	}
	return t.pauseKEDA(ctx)
}

func (t *target) pause(ctx context.Context, h autoscalingv2.HorizontalPodAutoscaler) error {
	had, err := json.Marshal(h.Spec.Behavior)
	if err != nil {
		return fmt.Errorf("render the behaviour of autoscaler %s: %w", h.Name, err)
	}
	disabled := autoscalingv2.DisabledPolicySelect
	still := autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleUp: &autoscalingv2.HPAScalingRules{SelectPolicy: &disabled},
		ScaleDown: &autoscalingv2.HPAScalingRules{SelectPolicy: &disabled}}
	ops := append([]kube.Op{kube.Test(h.UID, "metadata", "uid"), kube.Add(still, "spec", "behavior")},
		kube.Annotate(h.Annotations, annotationPaused, string(had))...)
	_, err = kube.Autoscalers(t.client, t.address.Namespace).Patch(ctx, h.Name, ops)
	return err
}

func (t *target) pauseKEDA(ctx context.Context) error {
	scalers, err := t.scaledByKEDA(ctx)
	if err != nil {
		return err
	}
	for _, s := range scalers {
		if _, has := s.Annotations[annotationKEDA]; has {
			continue // paused already, by a person or by an earlier call
		}
		annotations := map[string]string{annotationKEDA: "true", annotationPaused: "true"}
		ops := []kube.Op{kube.Test(s.UID, "metadata", "uid")}
		if len(s.Annotations) == 0 {
			ops = append(ops, kube.Add(annotations, "metadata", "annotations"))
		} else {
			for _, key := range []string{annotationKEDA, annotationPaused} {
				ops = append(ops, kube.Add("true", "metadata", "annotations", key))
			}
		}
		if _, err := t.scaledObjects().Patch(ctx, s.Name, ops); err != nil {
			return err
		}
	}
	return nil
}

// resumeAutoscalers gives those that the agent paused back what they had.
func (t *target) resumeAutoscalers(ctx context.Context) error {
	scalers, err := t.autoscalers(ctx)
	if err != nil {
		return err
	}
	for _, h := range scalers {
		text, paused := h.Annotations[annotationPaused]
		if !paused {
			continue
		}
		ops := []kube.Op{kube.Test(h.UID, "metadata", "uid"), kube.Remove("metadata", "annotations", annotationPaused)}
		if h.Spec.Behavior != nil {
			ops = append(ops, kube.Remove("spec", "behavior"))
		}
		if text != "null" {
			ops = append(ops, kube.Add(json.RawMessage(text), "spec", "behavior"))
		}
		if _, err := kube.Autoscalers(t.client, t.address.Namespace).Patch(ctx, h.Name, ops); err != nil {
			return err
		}
	}
	return t.resumeKEDA(ctx)
}

func (t *target) resumeKEDA(ctx context.Context) error {
	scalers, err := t.scaledByKEDA(ctx)
	if err != nil {
		return err
	}
	for _, s := range scalers {
		if _, paused := s.Annotations[annotationPaused]; !paused {
			continue
		}
		ops := []kube.Op{kube.Test(s.UID, "metadata", "uid"), kube.Remove("metadata", "annotations", annotationPaused)}
		if _, has := s.Annotations[annotationKEDA]; has {
			ops = append(ops, kube.Remove("metadata", "annotations", annotationKEDA))
		}
		if _, err := t.scaledObjects().Patch(ctx, s.Name, ops); err != nil {
			return err
		}
	}
	return nil
}

// autoscalers are those of stable that nobody else keeps.
func (t *target) autoscalers(ctx context.Context) ([]autoscalingv2.HorizontalPodAutoscaler, error) {
	found, err := kube.Autoscalers(t.client, t.address.Namespace).List(ctx, nil)
	return slices.DeleteFunc(found, func(h autoscalingv2.HorizontalPodAutoscaler) bool {
		ref := h.Spec.ScaleTargetRef
		return ref.Kind != "Deployment" || ref.Name != t.stable.Name || metav1.GetControllerOf(&h) != nil
	}), err
}

// scaledByKEDA are the ScaledObjects of stable; a cluster without KEDA has none.
func (t *target) scaledByKEDA(ctx context.Context) ([]scaledObject, error) {
	found, err := t.scaledObjects().List(ctx, nil)
	if gone(err) {
		return nil, nil
	}
	return slices.DeleteFunc(found, func(s scaledObject) bool {
		ref := s.Spec.ScaleTargetRef
		return ref.Kind != "" && ref.Kind != "Deployment" || ref.Name != t.stable.Name
	}), err
}

// armsLeft reports whether canary or baseline still exist.
func (t *target) armsLeft(ctx context.Context) (bool, error) {
	clones, err := t.deployments().List(ctx, kube.FleetSelector(t.fleet.Name))
	for _, d := range clones {
		if onProduction(serving.Variant(d.Labels[kube.LabelVariant])) && d.DeletionTimestamp == nil {
			return true, err
		}
	}
	return false, err
}
