package kubernetes

import (
	"context"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/optiinfra/performance-agent/internal/kube"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// remove deletes a clone and waits until its pods have ended: they finish their
// requests within the grace period that stable's have. When the last one that
// took users' requests is gone, stable's autoscalers go on.
func (t *target) remove(ctx context.Context, v serving.Variant) error {
	if err := t.delete(ctx, v); err != nil {
		return err
	}
	left, err := t.armsLeft(ctx)
	if err != nil || left {
		return err
	}
	return t.resumeAutoscalers(ctx)
}

// delete removes the Deployment, then, when nothing serves any more, the Service.
func (t *target) delete(ctx context.Context, v serving.Variant) error {
	selector := kube.Labels(t.fleet.Name, v).AsSelector()
	clones, err := t.deployments().List(ctx, selector)
	if err != nil {
		return err
	}
	if len(clones) > 0 {
		// A gateway may not have heard yet that the variant gets nothing any more.
		if err := pause(ctx, t.p.opts.Settle); err != nil {
			return err
		}
	}
	for _, d := range clones {
		if err := t.deleteClone(ctx, d); err != nil {
			return err
		}
	}
	if err := t.awaitNoPods(ctx, v); err != nil {
		return err
	}
	services, err := t.services().List(ctx, selector)
	if err != nil {
		return err
	}
	for _, s := range services {
		if err := t.services().Delete(ctx, s.Name, s.UID); err != nil && !gone(err) {
			return err
		}
	}
	return nil
}

func (t *target) deleteClone(ctx context.Context, d appsv1.Deployment) error {
	if d.DeletionTimestamp != nil {
		return nil
	}
	t.p.opts.Logger.Info("deployment deleted", "deployment", d.Namespace+"/"+d.Name)
	if err := t.deployments().Delete(ctx, d.Name, d.UID); err != nil && !gone(err) {
		return err
	}
	return nil
}

func (t *target) awaitNoPods(ctx context.Context, v serving.Variant) error {
	for {
		pods, err := t.pods().List(ctx, kube.Labels(t.fleet.Name, v).AsSelector())
		if err != nil || len(pods) == 0 {
			return err
		}
		if err := pause(ctx, t.p.opts.Poll); err != nil {
			return fmt.Errorf("%d pods of %s have not ended: %w", len(pods), v, err)
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	over := time.NewTimer(d)
	defer over.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-over.C:
		return nil
	}
}
