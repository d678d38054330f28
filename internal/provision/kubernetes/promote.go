package kubernetes

import (
	"context"
	"encoding/json"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/optiinfra/performance-agent/internal/kube"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// annotationBefore is on a stable Deployment that the agent changed: what it had.
const annotationBefore = kube.Domain + "/before"

// before is what going back restores.
type before struct {
	Config   serving.EngineConfig      `json:"config"`
	Template corev1.PodTemplateSpec    `json:"template"`
	Strategy appsv1.DeploymentStrategy `json:"strategy"`
	// Lent says that the strategy in force is the agent's; it is given back once
	// every replica runs what is wanted.
	Lent bool `json:"lent,omitempty"`
}

// promote makes stable run a configuration: its pods are replaced one by one. Its
// size stays. The template it had is noted, and comes back word for word when its
// configuration is wanted again. It returns when all are replaced, also where only
// some were asked for: the Service of stable sends to old and new pods alike, so a
// share of the traffic before the last old one has ended would end with it. Until
// then the canary serves.
func (t *target) promote(ctx context.Context, spec serving.VariantSpec) (serving.VariantStatus, error) {
	now, agrees, err := t.stableConfig()
	if err != nil {
		return serving.VariantStatus{}, err
	}
	if !agrees { // somebody changed flags by hand: those in question become what is wanted
		now = concerning(now, t.fleet.Config, spec.Config)
	}
	current, changed := t.stable, !now.Equal(spec.Config)
	if changed {
		if current, err = t.takeOver(ctx, now, spec.Config); err != nil {
			return serving.VariantStatus{}, err
		}
	}
	pods, err := t.awaitServing(ctx, current)
	if err != nil {
		return serving.VariantStatus{}, err
	}
	if err := t.restoreStrategy(ctx); err != nil {
		return serving.VariantStatus{}, err
	}
	return t.status(spec, pods, changed), nil
}

func (t *target) takeOver(ctx context.Context, now, next serving.EngineConfig) (*appsv1.Deployment, error) {
	had, known := t.before()
	template := had.Template.DeepCopy()
	if !known || !had.Config.Equal(next) {
		template = t.stable.Spec.Template.DeepCopy()
		if err := t.reconfigure(template, now, next); err != nil {
			return nil, err
		}
	}
	gentle, err := t.oneByOne(ctx, *template)
	if err != nil {
		return nil, err
	}
	strategy := t.stable.Spec.Strategy
	if known && had.Lent { // an earlier change was cut off before it gave it back
		strategy = had.Strategy
	}
	text, err := json.Marshal(before{Config: now, Template: t.stable.Spec.Template, Strategy: strategy, Lent: true})
	if err != nil {
		return nil, fmt.Errorf("render what stable has: %w", err)
	}
	ops := []kube.Op{kube.Test(t.stable.UID, "metadata", "uid"), kube.Test(t.stable.Generation, "metadata", "generation"),
		kube.Add(template, "spec", "template"), kube.Add(gentle, "spec", "strategy")}
	ops = append(ops, kube.Annotate(t.stable.Annotations, annotationBefore, string(text))...)
	t.p.opts.Logger.Info("stable is rolled over", "deployment", t.address.String(), "changes", serving.Diff(now, next))
	return t.deployments().Patch(ctx, t.stable.Name, ops)
}

func (t *target) before() (before, bool) {
	var b before
	text := t.stable.Annotations[annotationBefore]
	return b, text != "" && json.Unmarshal([]byte(text), &b) == nil
}
