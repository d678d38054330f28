package kubernetes

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/dynamic"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/kube"
	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// The options of an address.
const (
	optionContainer = "container"
	optionPort      = "port"
)

// ParseAddress reads the address of a fleet's provisioner.
func ParseAddress(address string) (kube.Address, error) {
	a, err := kube.ParseAddress(address, optionContainer, optionPort)
	if err != nil {
		return a, err
	}
	if text := a.Option(optionPort); text != "" {
		if _, err := strconv.ParseUint(text, 10, 16); err != nil {
			return a, fmt.Errorf("address %q has the port %q", address, text)
		}
	}
	return a, nil
}

// CheckAddress says what is wrong with the address of a fleet's provisioner.
func CheckAddress(address string) error {
	_, err := ParseAddress(address)
	return err
}

// target is a fleet's stable Deployment as it was read, and how its engine is
// found in it.
type target struct {
	p         *Provisioner
	client    dynamic.Interface
	address   kube.Address
	fleet     serving.Fleet
	engine    engine.Launcher
	stable    *appsv1.Deployment
	container int // index of the engine's container
	port      int32
}

func (p *Provisioner) target(ctx context.Context, fleet serving.Fleet) (*target, error) {
	address, err := ParseAddress(fleet.Provisioner.Address)
	if err != nil {
		return nil, fmt.Errorf("%w: provisioner %w", provision.ErrInvalid, err)
	}
	if problems := kube.CheckFleetName(fleet.Name); len(problems) > 0 {
		return nil, fmt.Errorf("%w: the name of fleet %q cannot be a label: %v", provision.ErrInvalid, fleet.Name, problems)
	}
	t := &target{p: p, address: address, fleet: fleet}
	if t.engine, err = p.opts.Engines.Engine(fleet.Config.Engine); err != nil {
		return nil, fmt.Errorf("%w: %w", provision.ErrInvalid, err)
	}
	if t.client, err = p.opts.Clusters.Client(address.Context); err != nil {
		return nil, err
	}
	if t.stable, err = t.deployments().Get(ctx, address.Name); err != nil {
		return nil, err
	}
	if t.container, err = engineContainer(t.stable.Spec.Template.Spec, address.Option(optionContainer)); err != nil {
		return nil, fmt.Errorf("%w: Deployment %s: %w", provision.ErrInvalid, address, err)
	}
	if t.port, err = t.servingPort(); err != nil {
		return nil, fmt.Errorf("%w: Deployment %s: %w", provision.ErrInvalid, address, err)
	}
	return t, nil
}

func (t *target) deployments() kube.Objects[appsv1.Deployment] {
	return kube.Deployments(t.client, t.address.Namespace)
}

func (t *target) services() kube.Objects[corev1.Service] {
	return kube.Services(t.client, t.address.Namespace)
}

func (t *target) pods() kube.Objects[corev1.Pod] { return kube.Pods(t.client, t.address.Namespace) }

// engineContainer is the one that is named, else the only one, else the only one
// that has accelerators.
func engineContainer(spec corev1.PodSpec, name string) (int, error) {
	var candidates []int
	for i, c := range spec.Containers {
		if c.Name == name {
			return i, nil
		}
		if len(spec.Containers) == 1 || len(accelerators(c)) > 0 {
			candidates = append(candidates, i)
		}
	}
	if name != "" {
		return 0, fmt.Errorf("it has no container %q", name)
	}
	if len(candidates) != 1 {
		return 0, fmt.Errorf("it has %d containers and which is the engine's is not clear: add ?container=NAME to the address", len(spec.Containers))
	}
	return candidates[0], nil
}

// servingPort is the one of the address, else of the engine's arguments, else the
// container's first.
func (t *target) servingPort() (int32, error) {
	text := t.address.Option(optionPort)
	c := t.stable.Spec.Template.Spec.Containers[t.container]
	if text == "" {
		text = portFlag(slices.Concat(c.Command, c.Args))
	}
	if port, err := strconv.ParseUint(text, 10, 16); err == nil && port > 0 {
		return int32(port), nil
	}
	if len(c.Ports) > 0 {
		return c.Ports[0].ContainerPort, nil
	}
	return 0, fmt.Errorf("container %s names no port: add ?port=NUMBER to the address", c.Name)
}

// portFlag is the value of --port, which all engines have.
func portFlag(args []string) string {
	for i, a := range args {
		if value, joined := strings.CutPrefix(a, "--port="); joined {
			return value
		}
		if a == "--port" && i+1 < len(args) {
			return args[i+1]
		}
	}
	return ""
}

// accelerators are the extended resources that a container has: those with the
// name of a vendor, of which a node has few.
func accelerators(c corev1.Container) map[corev1.ResourceName]int64 {
	out := map[corev1.ResourceName]int64{}
	for _, list := range []corev1.ResourceList{c.Resources.Requests, c.Resources.Limits} {
		for _, name := range slices.Sorted(maps.Keys(list)) {
			vendor, _, qualified := strings.Cut(string(name), "/")
			if q := list[name]; qualified && vendor != "kubernetes.io" && !q.IsZero() {
				out[name] = q.Value()
			}
		}
	}
	return out
}
