package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/labels"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/kube"
	"github.com/optiinfra/performance-agent/internal/kube/kubetest"
	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/provision/kubernetes"
	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/router/gatewayapi"
	"github.com/optiinfra/performance-agent/internal/router/gatewayapitest"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

var cluster = kubetest.Shared{Controllers: true} // a real control plane, where there is one

// manifests are a fleet as people deploy one; NAMESPACE is its own.
const manifests = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: chat, namespace: NAMESPACE}
spec:
  replicas: 2
  selector: {matchLabels: {app: chat}}
  template:
    metadata: {labels: {app: chat}}
    spec:
      nodeSelector: {namespace: NAMESPACE}
      containers:
      - name: engine
        image: vllm/vllm-openai:v0.11.0
        command: [vllm, serve]
        args: [MODEL, --enforce-eager, --max-num-seqs, "32", --host, 0.0.0.0, --port, "8000"]
        resources: {limits: {nvidia.com/gpu: 1}}
---
apiVersion: v1
kind: Service
metadata: {name: chat, namespace: NAMESPACE}
spec: {selector: {app: chat}, ports: [{port: 8000}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: chat, namespace: NAMESPACE}
spec: {parentRefs: [{name: edge}], rules: [{backendRefs: [{name: chat, port: 8000}]}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: chat, namespace: NAMESPACE}
spec: {maxReplicas: 8, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: chat}}
`

// deployed is a fleet on a real control plane: Deployments whose pods are
// simulated engines, behind an HTTPRoute that a gateway follows. The worker acts
// as the ServiceAccount of deploy/kubernetes, within its guard-rail.
type deployed struct {
	*fleet
	plane  *kubetest.Plane
	edge   *gatewayapitest.DataPlane
	before *appsv1.Deployment
}

func newDeployed(t *testing.T, name string) *deployed {
	t.Helper()
	needStack(t)
	p := cluster.Need(t)
	d := &deployed{fleet: &fleet{name: name, dir: t.TempDir(), lost: map[string]int{}, cluster: p.Config.Host, namespace: p.Namespace(t)}, plane: p}
	for _, file := range []string{"rbac.yaml", "policy.yaml"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "deploy", "kubernetes", file))
		require.NoError(t, err)
		require.NoError(t, p.Apply(t.Context(), strings.ReplaceAll(string(text), "llm", d.namespace)))
	}
	node, err := p.NewFakelet(t.Context(), d.namespace, d.dir, 8, the.llmsim, "-gpu", "H100", "-startup", "200ms", "-faults", d.faultFile())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, node.Stop()) })
	require.NoError(t, p.Apply(t.Context(), strings.NewReplacer("NAMESPACE", d.namespace, "MODEL", model).Replace(manifests)))
	require.NoError(t, kubetest.Poll(t.Context(), func() (bool, error) {
		d.before, err = kube.Deployments(p.Client, d.namespace).Get(t.Context(), "chat")
		return err == nil && d.before.Status.AvailableReplicas == 2, err
	}))
	d.edge = gatewayapitest.Start(t, p.Client, d.namespace, "chat", d.resolve)
	d.record = serving.Fleet{Name: name, Config: flagsOf(t, oldFlags), Hardware: serving.Hardware{GPU: "H100", GPUs: 1}, Replicas: 2,
		Router:      serving.AdapterRef{Kind: gatewayapi.Kind, Address: d.namespace + "/chat"},
		Provisioner: serving.AdapterRef{Kind: kubernetes.Kind, Address: d.namespace + "/chat"},
		SLOs: []serving.Objective{{Name: "ttft-p95", Metric: serving.MetricTTFT, Quantile: 0.95, Threshold: 0.5},
			{Name: "errors", Metric: serving.MetricErrorRate, Threshold: 0.01}},
		Policy: serving.Policy{AutoApprove: true}}
	d.routers, d.provisioners, err = deployedAdapters(d.cluster, d.namespace)
	require.NoError(t, err)
	d.engines = d.provisioners
	d.start(t, d.edge.URL)
	return d
}

// deployedAdapters are what a worker has for a fleet of a namespace: the real
// ones, as the ServiceAccount of deploy/kubernetes.
func deployedAdapters(host, namespace string) (*router.Switch, *provision.Switch, error) {
	agent, err := kubetest.Dial(host, "system:serviceaccount:"+namespace+":performance-agent", nil)
	clusters := kube.NewClustersOf(agent)
	return router.NewSwitch(map[string]router.Router{gatewayapi.Kind: gatewayapi.New(clusters, 0)}),
		provision.NewSwitch(map[string]provision.Provisioner{kubernetes.Kind: kubernetes.New(kubernetes.Options{Clusters: clusters,
			Engines: known.Engines(), StartTimeout: time.Minute, Settle: 500 * time.Millisecond, Poll: 100 * time.Millisecond, PodURL: kubetest.PodURL})}),
		err
}

// resolve finds what is behind a Service as a gateway does, at the addresses at
// which the simulated pods really serve.
func (d *deployed) resolve(ctx context.Context, service string) (serving.Variant, []string, error) {
	s, err := kube.Services(d.plane.Client, d.namespace).Get(ctx, service)
	if err != nil {
		return "", nil, err
	}
	slices, err := kube.Slices(d.plane.Client, d.namespace).List(ctx, labels.SelectorFromSet(labels.Set{"kubernetes.io/service-name": service}))
	if err != nil {
		return "", nil, err
	}
	ready := map[string]bool{}
	for _, slice := range slices {
		for _, e := range slice.Endpoints {
			ready[e.TargetRef.Name] = e.Conditions.Ready != nil && *e.Conditions.Ready
		}
	}
	pods, err := kube.Pods(d.plane.Client, d.namespace).List(ctx, labels.SelectorFromSet(s.Spec.Selector))
	if err != nil {
		return "", nil, err
	}
	var urls []string
	for i := range pods {
		if ready[pods[i].Name] {
			urls = append(urls, kubetest.PodURL(&pods[i], 0))
		}
	}
	variant := serving.Variant(s.Labels[kube.LabelVariant])
	if variant == "" {
		variant = serving.Stable
	}
	return variant, urls, nil
}

// requireRestored asserts that nothing of a rollout is left but, after a promotion,
// stable's arguments.
func (d *deployed) requireRestored(t *testing.T, config serving.EngineConfig) {
	t.Helper()
	d.requireOnly(t, config)
	require.True(t, d.edge.Gateway().Traffic().Weights.SameSplit(serving.AllStable(0)), "the gateway follows")
	owned := kube.FleetSelector(d.name)
	deployments, err := kube.Deployments(d.plane.Client, d.namespace).List(t.Context(), owned)
	require.NoError(t, err)
	require.Empty(t, deployments)
	services, err := kube.Services(d.plane.Client, d.namespace).List(t.Context(), owned)
	require.NoError(t, err)
	require.Empty(t, services)
	route, err := kube.HTTPRoutes(d.plane.Client, d.namespace).Get(t.Context(), "chat")
	require.NoError(t, err)
	refs := route.Spec.Rules[0].BackendRefs
	require.Len(t, refs, 1)
	require.Equal(t, gatewayv1.ObjectName("chat"), refs[0].Name)
	require.EqualValues(t, 100, *refs[0].Weight)
	scaler, err := kube.Autoscalers(d.plane.Client, d.namespace).Get(t.Context(), "chat")
	require.NoError(t, err)
	require.NotContains(t, mustJSON(t, scaler), "Disabled", "the autoscaler goes on")
	require.NotContains(t, mustJSON(t, scaler.Annotations), kube.Domain)
	stable, err := kube.Deployments(d.plane.Client, d.namespace).Get(t.Context(), "chat")
	require.NoError(t, err)
	if config.Equal(flagsOf(t, oldFlags)) {
		require.Equal(t, d.before.Spec, stable.Spec, "stable is as it was")
		return
	}
	args := stable.Spec.Template.Spec.Containers[0].Args
	require.Equal(t, fmt.Sprint([]string{model, "--max-num-seqs", "256", "--host", "0.0.0.0", "--port", "8000"}), fmt.Sprint(args))
	require.Equal(t, d.before.Spec.Strategy, stable.Spec.Strategy)
	require.Equal(t, d.before.Spec.Replicas, stable.Spec.Replicas)
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

func TestKubernetes_GoodCandidate_IsPromoted(t *testing.T) {
	d := newDeployed(t, "kube-promoted")
	out, err := result(t, d.startRollout(t))
	require.NoError(t, err)
	require.Equal(t, serving.OutcomePromoted, out.Outcome, out.Reason)
	d.requireRestored(t, flagsOf(t, newFlags))
	d.requireNothingLost(t)
}

func TestKubernetes_ViolationMidStage_IsRolledBack(t *testing.T) {
	d := newDeployed(t, "kube-violated")
	run := d.startRollout(t)
	d.awaitStage(t, run, 25)
	require.NoError(t, the.client.SignalWorkflow(t.Context(), run.GetID(), "", workflows.SLOViolation,
		map[string]any{"slo": "ttft-p95", "observed": 2.4, "threshold": 1.0, "source": "oncall"}))
	out, err := result(t, run)
	require.NoError(t, err)
	require.Equal(t, serving.OutcomeRolledBack, out.Outcome, out.Reason)
	d.requireRestored(t, flagsOf(t, oldFlags))
	d.requireNothingLost(t)
}

func TestKubernetes_CanceledMidStage_EndsCanceledWithEverythingTakenBack(t *testing.T) {
	d := newDeployed(t, "kube-canceled")
	run := d.startRollout(t)
	d.awaitStage(t, run, 25)
	require.NoError(t, the.client.CancelWorkflow(t.Context(), run.GetID(), ""))
	_, err := result(t, run)
	require.True(t, temporal.IsCanceledError(err), "ended with %v", err)
	requireStatus(t, run, enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED)
	d.requireRestored(t, flagsOf(t, oldFlags))
	d.requireNothingLost(t)
}

// The worker gets SIGKILL in the middle of a stage; another one goes on.
func TestKubernetes_WorkerKilledMidStage_GoesOnToPromotion(t *testing.T) {
	d := newDeployed(t, "kube-killed")
	d.stopWorker()
	first := d.startProcess(t)
	run := d.startRollout(t)
	d.awaitStage(t, run, 25)
	kill(first)
	d.startProcess(t)
	out, err := result(t, run)
	require.NoError(t, err)
	require.Equal(t, serving.OutcomePromoted, out.Outcome, out.Reason)
	d.requireRestored(t, flagsOf(t, newFlags))
	d.requireNothingLost(t)
}
