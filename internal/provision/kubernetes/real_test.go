package kubernetes_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/dynamic"

	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/kube"
	"github.com/optiinfra/performance-agent/internal/kube/kubetest"
	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/provision/conformance"
	"github.com/optiinfra/performance-agent/internal/provision/kubernetes"
	"github.com/optiinfra/performance-agent/internal/serving"
)

var (
	control   = kubetest.Shared{Controllers: true} // of this test binary
	simulator = sync.OnceValues(buildSimulator)    // the simulated engine
)

func TestMain(m *testing.M) {
	code := m.Run()
	control.Stop()
	os.Exit(code)
}

func buildSimulator() (string, error) {
	dir, err := os.MkdirTemp("", "llmsim")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "llmsim")
	out, err := exec.Command("go", "build", "-o", path, "github.com/optiinfra/performance-agent/deploy/llmsim").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the simulated engine: %w: %s", err, out)
	}
	return path, nil
}

// real is a namespace of a real control plane with a stable Deployment and a
// simulated node under it. The agent acts as the ServiceAccount of
// deploy/kubernetes, within its guard-rail.
type real struct {
	plane     *kubetest.Plane
	namespace string
	node      *kubetest.Fakelet
	fleet     serving.Fleet
}

func newReal(t *testing.T) *real {
	t.Helper()
	return newRealOf(t, 16)
}

// newRealOf has a node with so many accelerators.
func newRealOf(t *testing.T, gpus int) *real {
	t.Helper()
	p := control.Need(t)
	llmsim, err := simulator()
	require.NoError(t, err)
	r := &real{plane: p, namespace: p.Namespace(t)}
	for _, file := range []string{"rbac.yaml", "policy.yaml"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "..", "deploy", "kubernetes", file))
		require.NoError(t, err)
		require.NoError(t, p.Apply(t.Context(), strings.ReplaceAll(string(text), "llm", r.namespace)))
	}
	r.node, err = p.NewFakelet(t.Context(), r.namespace, t.TempDir(), gpus, llmsim, "-gpu", "H100", "-startup", "50ms")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.node.Stop()) })
	d := stable(func(d *appsv1.Deployment) {
		d.Namespace, d.UID, d.Generation = r.namespace, "", 0
		d.Spec.Template.Spec.NodeSelector, d.Spec.Template.Spec.Volumes = map[string]string{"namespace": r.namespace}, nil
		d.Spec.Template.Spec.Containers[0].VolumeMounts = nil
		d.Spec.Template.Spec.Containers[0].Args = []string{model, "--max-num-seqs=16", "--host", "0.0.0.0", "--port", "8000"}
	})
	_, err = kube.Deployments(p.Client, r.namespace).Create(t.Context(), d)
	require.NoError(t, err)
	r.fleet = serving.Fleet{Name: "chat", Config: flags(t, "--max-num-seqs", "16"), Replicas: 2,
		Provisioner: serving.AdapterRef{Kind: kubernetes.Kind, Address: r.namespace + "/chat"}}
	return r
}

func (r *real) agent(t *testing.T) dynamic.Interface {
	t.Helper()
	client, err := r.plane.As("system:serviceaccount:"+r.namespace+":performance-agent", nil)
	require.NoError(t, err)
	return client
}

func (r *real) provisioner(t *testing.T) *kubernetes.Provisioner {
	t.Helper()
	return kubernetes.New(kubernetes.Options{Clusters: kube.NewClustersOf(r.agent(t)), Engines: known.Engines(), StartTimeout: time.Minute,
		Settle: time.Millisecond, Poll: 50 * time.Millisecond, PodURL: kubetest.PodURL})
}

func (r *real) spec(v serving.Variant, c serving.EngineConfig, replicas int) serving.VariantSpec {
	return serving.VariantSpec{Fleet: "chat", Variant: v, Config: c, Replicas: replicas}
}

func TestKubernetes_OnARealControlPlane_Conforms(t *testing.T) {
	t.Parallel()
	control.Need(t)
	conformance.Run(t, func(t *testing.T) *conformance.Subject {
		r := newReal(t)
		return &conformance.Subject{Provisioner: r.provisioner(t), Fleet: r.fleet,
			Again:  func() provision.Provisioner { return r.provisioner(t) },
			Config: func(name string) serving.EngineConfig { return flags(t, "--max-num-seqs", "16", "--seed", seed(name)) },
			Broken: flags(t, "--max-num-seqs", "0"), Why: "max-num-seqs",
			Kill: func(t *testing.T, endpoint string) { require.NoError(t, r.node.Delete(t.Context(), endpoint)) }}
	})
}

func TestPromotion_OnARealControlPlane_RollsStableOverAndBackWithNoneUnavailable(t *testing.T) {
	t.Parallel()
	r := newReal(t)
	p := r.provisioner(t)
	up, err := p.Ensure(t.Context(), r.fleet, r.spec(serving.Stable, r.fleet.Config, 2))
	require.NoError(t, err)
	require.Len(t, up.Endpoints, 2)
	before := r.stable(t)

	least := r.watchAvailable(t)
	next := flags(t, "--max-num-seqs", "64")
	up, err = p.Ensure(t.Context(), r.fleet, r.spec(serving.Stable, next, 2))
	require.NoError(t, err)
	require.Len(t, up.Endpoints, 2)
	require.Contains(t, r.stable(t).Spec.Template.Spec.Containers[0].Args, "64")
	_, err = p.Ensure(t.Context(), r.fleet, r.spec(serving.Stable, r.fleet.Config, 2))
	require.NoError(t, err)
	require.GreaterOrEqual(t, least(), int32(2), "capacity never fell below the fleet's")
	require.Equal(t, before.Spec, r.stable(t).Spec, "undone word for word")
}

// Room for the fleet and its canary and for nothing more: stable is replaced one
// old pod at a time behind the canary.
func TestPromotion_OnARealControlPlaneWithoutSpareRoom_ReplacesOldPodsFirstBehindTheCanary(t *testing.T) {
	t.Parallel()
	r := newRealOf(t, 4)
	p, next := r.provisioner(t), flags(t, "--max-num-seqs", "64")
	_, err := p.Ensure(t.Context(), r.fleet, r.spec(serving.Stable, r.fleet.Config, 2))
	require.NoError(t, err)
	_, err = p.Ensure(t.Context(), r.fleet, r.spec(serving.Canary, next, 2))
	require.NoError(t, err)
	before, least := r.stable(t), r.watchAvailable(t)
	up, err := p.Ensure(t.Context(), r.fleet, r.spec(serving.Stable, next, 2))
	require.NoError(t, err)
	require.Len(t, up.Endpoints, 2)
	require.GreaterOrEqual(t, least(), int32(1), "with the canary's two never below the fleet's two")
	d := r.stable(t)
	require.EqualValues(t, 2, d.Status.UpdatedReplicas)
	require.EqualValues(t, 2, d.Status.ReadyReplicas)
	require.Equal(t, before.Spec.Strategy, d.Spec.Strategy)
	require.NoError(t, p.Remove(t.Context(), r.fleet, serving.Canary))
}

func (r *real) stable(t *testing.T) *appsv1.Deployment {
	t.Helper()
	d, err := kube.Deployments(r.plane.Client, r.namespace).Get(t.Context(), "chat")
	require.NoError(t, err)
	return d
}

// watchAvailable notes the smallest number of available replicas of stable.
func (r *real) watchAvailable(t *testing.T) (least func() int32) {
	ctx, cancel := context.WithCancel(t.Context())
	done, lowest := make(chan struct{}), int32(99)
	go func() {
		defer close(done)
		_ = kubetest.Poll(ctx, func() (bool, error) {
			if d, err := kube.Deployments(r.plane.Client, r.namespace).Get(ctx, "chat"); err == nil {
				lowest = min(lowest, d.Status.AvailableReplicas)
			}
			return false, nil
		})
	}()
	return func() int32 { cancel(); <-done; return lowest }
}

func TestGuardRail_TheAgentMayNotTouchWhatItDidNotMake(t *testing.T) {
	t.Parallel()
	r := newReal(t)
	agent := r.agent(t)
	deployments := kube.Deployments(agent, r.namespace)
	foreign := stable(func(d *appsv1.Deployment) { d.Name, d.Namespace, d.UID, d.Generation = "foreign", r.namespace, "", 0 })
	made, err := kube.Deployments(r.plane.Client, r.namespace).Create(t.Context(), foreign)
	require.NoError(t, err)
	// A policy is in force some time after it was created.
	require.NoError(t, kubetest.Poll(t.Context(), func() (bool, error) {
		_, err := deployments.Create(t.Context(), foreign)
		return apierrors.IsInvalid(err) || apierrors.IsForbidden(err), nil
	}))
	for what, call := range map[string]func() error{
		"delete a foreign Deployment": func() error { return deployments.Delete(t.Context(), "foreign", made.UID) },
		"resize a foreign Deployment": func() error {
			_, err := deployments.Patch(t.Context(), "foreign", []kube.Op{kube.Add(9, "spec", "replicas")})
			return err
		},
		"an oversized candidate": func() error {
			five := int32(5)
			_, err := deployments.Create(t.Context(), stable(func(d *appsv1.Deployment) {
				d.Name, d.Namespace, d.UID, d.Labels, d.Spec.Replicas = "chat-canary", r.namespace, "", kube.Labels("chat", serving.Canary), &five
			}))
			return err
		},
		"a foreign Service": func() error {
			_, err := kube.Services(agent, r.namespace).Create(t.Context(), serviceIn(r.namespace))
			return err
		},
		"read Secrets": func() error {
			_, err := kube.In[appsv1.Deployment](agent, kube.NewKind("", "v1", "Secret", "secrets"), r.namespace).List(t.Context(), nil)
			return err
		},
		"end a pod": func() error {
			pods, err := kube.Pods(r.plane.Client, r.namespace).List(t.Context(), nil)
			require.NoError(t, err)
			require.NotEmpty(t, pods)
			return kube.Pods(agent, r.namespace).Delete(t.Context(), pods[0].Name, pods[0].UID)
		},
	} {
		err := call()
		require.True(t, kube.Refused(err), "%s: %v", what, err)
	}
	_, err = deployments.Patch(t.Context(), "foreign", []kube.Op{kube.Add("--seed=1", "spec", "template", "spec", "containers", 0, "args", "-")})
	require.NoError(t, err, "arguments are what it changes of stable")
}
