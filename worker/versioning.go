package main

import (
	"reflect"

	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/internal/config"
	"github.com/optiinfra/performance-agent/workflows"
)

// versionOf is what the worker tells Temporal about its code. Without a build ID
// it tells nothing, and any worker takes any workflow.
func versionOf(settings config.Worker) worker.DeploymentOptions {
	if settings.BuildID == "" {
		return worker.DeploymentOptions{}
	}
	return worker.DeploymentOptions{
		UseVersioning:             true,
		Version:                   worker.WorkerDeploymentVersion{DeploymentName: settings.DeploymentName, BuildID: settings.BuildID},
		DefaultVersioningBehavior: workflow.VersioningBehaviorPinned,
	}
}

// registryOf gives each workflow its behaviour when a newer version comes: a run or
// a rollout ends where it began, since it is in the middle of production.
func registryOf(of worker.WorkflowRegistry, settings config.Worker) worker.WorkflowRegistry {
	if settings.BuildID == "" {
		return of
	}
	return versioned{WorkflowRegistry: of}
}

// versioned registers the workflows that never end as ones that move to the
// current version: pinned, they would keep every old version's workers alive for
// ever. The replay test keeps their histories valid under newer code.
type versioned struct{ worker.WorkflowRegistry }

// RegisterWorkflow implements worker.WorkflowRegistry.
func (v versioned) RegisterWorkflow(w any) {
	behaviour := workflow.VersioningBehaviorPinned
	if endless(w) {
		behaviour = workflow.VersioningBehaviorAutoUpgrade
	}
	v.RegisterWorkflowWithOptions(w, workflow.RegisterOptions{VersioningBehavior: behaviour})
}

// endless says that a workflow goes on by continue-as-new for as long as the
// installation lives.
func endless(w any) bool {
	this := reflect.ValueOf(w).Pointer()
	return this == reflect.ValueOf(workflows.Monitor).Pointer() || this == reflect.ValueOf(workflows.Coordinator).Pointer()
}
