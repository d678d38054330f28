package kubetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/transport"

	"github.com/optiinfra/performance-agent/internal/kube"
)

// Apply creates the objects of a YAML stream; those that exist are left as they
// are.
func (p *Plane) Apply(ctx context.Context, text string) error {
	decoder := utilyaml.NewYAMLOrJSONDecoder(strings.NewReader(text), 4096)
	for {
		u := &unstructured.Unstructured{}
		if err := decoder.Decode(&u.Object); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read manifest: %w", err)
		}
		if len(u.Object) == 0 {
			continue
		}
		var client dynamic.ResourceInterface = p.Client.Resource(resourceOf(u.GroupVersionKind()))
		if u.GetNamespace() != "" {
			client = p.Client.Resource(resourceOf(u.GroupVersionKind())).Namespace(u.GetNamespace())
		}
		if _, err := client.Create(ctx, u, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("create %s %s: %w", u.GetKind(), u.GetName(), err)
		}
	}
}

// resourceOf is the plural as the API forms it.
func resourceOf(gvk schema.GroupVersionKind) schema.GroupVersionResource {
	name := strings.ToLower(gvk.Kind)
	if strings.HasSuffix(name, "y") {
		name = strings.TrimSuffix(name, "y") + "ie"
	}
	return gvk.GroupVersion().WithResource(name + "s")
}

// InstallGatewayAPI adds HTTPRoutes, from the module that the router is built on.
func (p *Plane) InstallGatewayAPI(ctx context.Context) error {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/gateway-api").Output()
	if err != nil {
		return fmt.Errorf("find the Gateway API's module: %w", err)
	}
	content, err := os.ReadFile(filepath.Join(string(bytes.TrimSpace(dir)), "config", "crd", "standard", "gateway.networking.k8s.io_httproutes.yaml"))
	if err != nil {
		return fmt.Errorf("read the Gateway API's definitions: %w", err)
	}
	if err := p.Apply(ctx, string(content)); err != nil {
		return err
	}
	return Poll(ctx, func() (bool, error) {
		_, err := kube.HTTPRoutes(p.Client, "default").List(ctx, nil)
		return err == nil, nil
	})
}

// Poll asks until the answer is true, an error, or ctx ends.
func Poll(ctx context.Context, done func() (bool, error)) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// As is a client that acts as somebody else, under that one's permissions, "" for
// an administrator; wrap, if not nil, sees each exchange.
func (p *Plane) As(user string, wrap transport.WrapperFunc) (dynamic.Interface, error) {
	return Dial(p.Config.Host, user, wrap)
}

// Dial is Plane.As for another process than the one that started the plane.
func Dial(host, user string, wrap transport.WrapperFunc) (dynamic.Interface, error) {
	config := administrator(host)
	if user != "" {
		config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: []string{"system:authenticated", "system:serviceaccounts"}}
	}
	config.WrapTransport = wrap
	return kube.Connect(config, "performance-agent")
}
