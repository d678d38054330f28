package gatewayapi

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/labels"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/optiinfra/performance-agent/internal/kube"
	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// service finds the Service of a variant and its port. A backend that does not
// exist would be answered with 500s by the gateway, so it must be there.
func (rt *route) service(ctx context.Context, v serving.Variant, endpoints []string) (string, gatewayv1.PortNumber, error) {
	services := kube.Services(rt.client, rt.address.Namespace)
	if name, port, ok := namedService(endpoints, rt.address.Namespace); ok {
		found, err := services.Get(ctx, name)
		if err != nil {
			return "", 0, err
		}
		if port == 0 && len(found.Spec.Ports) > 0 {
			port = found.Spec.Ports[0].Port
		}
		return name, port, nil
	}
	found, err := services.List(ctx, kube.Labels(rt.fleet, v).AsSelector())
	if err != nil {
		return "", 0, err
	}
	if len(found) != 1 || len(found[0].Spec.Ports) == 0 {
		return "", 0, fmt.Errorf("%w: namespace %s has %d Services with the labels %v, and %s needs one with a port (or endpoints of the form http://NAME.%s.svc:PORT)",
			router.ErrInvalid, rt.address.Namespace, len(found), kube.Labels(rt.fleet, v), v, rt.address.Namespace)
	}
	return found[0].Name, found[0].Spec.Ports[0].Port, nil
}

// namedService reads the one Service that all endpoints name by its DNS name.
func namedService(endpoints []string, namespace string) (name string, port int32, ok bool) {
	for i, e := range endpoints {
		u, err := url.Parse(e)
		if err != nil {
			return "", 0, false
		}
		parts := strings.SplitN(u.Hostname(), ".", 4)
		if len(parts) < 3 || parts[1] != namespace || parts[2] != "svc" || i > 0 && parts[0] != name {
			return "", 0, false
		}
		name = parts[0]
		if p, err := strconv.ParseInt(u.Port(), 10, 32); err == nil {
			port = int32(p)
		}
	}
	return name, port, name != ""
}

// endpoints are the base URLs behind a backend's Service, from its
// EndpointSlices; none for a backend that is no Service of this namespace.
func (rt *route) endpoints(ctx context.Context, b backend) ([]string, error) {
	out := []string{}
	if !refersTo(b.ref, string(b.ref.Name)) {
		return out, nil
	}
	slicesOf := labels.SelectorFromSet(labels.Set{discoveryv1.LabelServiceName: string(b.ref.Name)})
	found, err := kube.Slices(rt.client, rt.address.Namespace).List(ctx, slicesOf)
	if err != nil {
		return nil, err
	}
	for _, s := range found {
		out = append(out, urlsOf(s)...)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func urlsOf(s discoveryv1.EndpointSlice) []string {
	if len(s.Ports) == 0 || s.Ports[0].Port == nil {
		return nil
	}
	var out []string
	for _, e := range s.Endpoints {
		if e.Conditions.Ready != nil && !*e.Conditions.Ready || len(e.Addresses) == 0 {
			continue
		}
		out = append(out, "http://"+net.JoinHostPort(e.Addresses[0], strconv.Itoa(int(*s.Ports[0].Port))))
	}
	return out
}
