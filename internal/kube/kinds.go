package kube

import (
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// NewKind names a kind of object.
func NewKind(group, version, kind, resource string) Kind {
	return Kind{GroupVersionKind: schema.GroupVersionKind{Group: group, Version: version, Kind: kind}, Resource: resource}
}

// Deployments of a namespace.
func Deployments(c dynamic.Interface, namespace string) Objects[appsv1.Deployment] {
	return In[appsv1.Deployment](c, NewKind("apps", "v1", "Deployment", "deployments"), namespace)
}

// Services of a namespace.
func Services(c dynamic.Interface, namespace string) Objects[corev1.Service] {
	return In[corev1.Service](c, NewKind("", "v1", "Service", "services"), namespace)
}

// Pods of a namespace, "" for all.
func Pods(c dynamic.Interface, namespace string) Objects[corev1.Pod] {
	return In[corev1.Pod](c, NewKind("", "v1", "Pod", "pods"), namespace)
}

// Nodes of the cluster.
func Nodes(c dynamic.Interface) Objects[corev1.Node] {
	return In[corev1.Node](c, NewKind("", "v1", "Node", "nodes"), "")
}

// Slices are the EndpointSlices of a namespace.
func Slices(c dynamic.Interface, namespace string) Objects[discoveryv1.EndpointSlice] {
	return In[discoveryv1.EndpointSlice](c, NewKind("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices"), namespace)
}

// Autoscalers are the HorizontalPodAutoscalers of a namespace.
func Autoscalers(c dynamic.Interface, namespace string) Objects[autoscalingv2.HorizontalPodAutoscaler] {
	return In[autoscalingv2.HorizontalPodAutoscaler](c, NewKind("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers"), namespace)
}

// HTTPRoutes of a namespace.
func HTTPRoutes(c dynamic.Interface, namespace string) Objects[gatewayv1.HTTPRoute] {
	return In[gatewayv1.HTTPRoute](c, NewKind("gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes"), namespace)
}
