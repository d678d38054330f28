package kube

import (
	"context"
	"encoding/json"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
)

// Kind is a kind of object by its names in the API.
type Kind struct {
	schema.GroupVersionKind
	Resource string // plural, as in the path
}

// Objects are those of one kind in one namespace, as the API's own structs. T
// must be the struct of the kind.
type Objects[T any] struct {
	kind   Kind
	client dynamic.ResourceInterface
}

// In gives the objects of a kind in a namespace; "" is for kinds that have none,
// and lists those of all namespaces.
func In[T any](client dynamic.Interface, kind Kind, namespace string) Objects[T] {
	all := client.Resource(kind.GroupVersion().WithResource(kind.Resource))
	if namespace == "" {
		return Objects[T]{kind: kind, client: all}
	}
	return Objects[T]{kind: kind, client: all.Namespace(namespace)}
}

// Get reads one object.
func (o Objects[T]) Get(ctx context.Context, name string) (*T, error) {
	found, err := o.client.Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("get %s %s: %w", o.kind.Kind, name, err)
	}
	return typed[T](found)
}

// listPage bounds one answer; a cluster may have tens of thousands of pods.
const listPage = 500

// List reads the objects that have the labels, nil for all.
func (o Objects[T]) List(ctx context.Context, selector labels.Selector) ([]T, error) {
	options := metav1.ListOptions{Limit: listPage}
	if selector != nil {
		options.LabelSelector = selector.String()
	}
	var out []T
	for {
		page, err := o.client.List(ctx, options)
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", o.kind.Resource, err)
		}
		for i := range page.Items {
			item, err := typed[T](&page.Items[i])
			if err != nil {
				return nil, err
			}
			out = append(out, *item)
		}
		if options.Continue = page.GetContinue(); options.Continue == "" {
			return out, nil
		}
	}
}

// Create makes an object.
func (o Objects[T]) Create(ctx context.Context, object *T) (*T, error) {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		return nil, fmt.Errorf("render %s: %w", o.kind.Kind, err)
	}
	u := &unstructured.Unstructured{Object: content}
	u.SetGroupVersionKind(o.kind.GroupVersionKind)
	made, err := o.client.Create(ctx, u, metav1.CreateOptions{FieldManager: Manager})
	if err != nil {
		return nil, fmt.Errorf("create %s %s: %w", o.kind.Kind, u.GetName(), err)
	}
	return typed[T](made)
}

// Patch applies operations in order, all or none, and gives the object as it is
// stored then.
func (o Objects[T]) Patch(ctx context.Context, name string, ops []Op) (*T, error) {
	body, err := json.Marshal(ops)
	if err != nil {
		return nil, fmt.Errorf("render patch of %s %s: %w", o.kind.Kind, name, err)
	}
	patched, err := o.client.Patch(ctx, name, types.JSONPatchType, body, metav1.PatchOptions{FieldManager: Manager})
	if err != nil {
		return nil, fmt.Errorf("patch %s %s: %w", o.kind.Kind, name, err)
	}
	return typed[T](patched)
}

// Delete removes this very object: one that has its name and another UID is not
// touched. Dependents are left to the garbage collector.
func (o Objects[T]) Delete(ctx context.Context, name string, uid types.UID) error {
	background := metav1.DeletePropagationBackground
	err := o.client.Delete(ctx, name, metav1.DeleteOptions{PropagationPolicy: &background,
		Preconditions: &metav1.Preconditions{UID: &uid}})
	if err != nil {
		return fmt.Errorf("delete %s %s: %w", o.kind.Kind, name, err)
	}
	return nil
}

func typed[T any](u *unstructured.Unstructured) (*T, error) {
	out := new(T)
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(u.Object, out); err != nil {
		return nil, fmt.Errorf("read %s %s: %w", u.GetKind(), u.GetName(), err)
	}
	return out, nil
}
