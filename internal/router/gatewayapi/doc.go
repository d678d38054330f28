// Package gatewayapi shifts traffic by the weights of an HTTPRoute's backendRefs,
// and so reaches every gateway that implements the Kubernetes Gateway API.
//
// It is one kind of router.Router, chosen by the composition roots. The address
// of a fleet's router is NAMESPACE/HTTPROUTE[?context=CONTEXT][#RULE], where RULE
// is the name or the index of the rule that serves the fleet and may be left out
// of a route with one rule. The rule's own backend is stable; those of the other
// variants are added with their Services and removed again.
//
// The revision and the split under it are kept in an annotation of the route, so
// they outlive every process. A write is one JSON Patch that tests the version of
// the route and the name of each backend; when somebody else was faster it is
// decided anew on what is there then. After a write the gateway's own status must
// accept the route, if the gateway reports any. That status is still no proof
// that requests arrive so: it has been seen to lead the data plane by 0.4 s.
//
// A route that another controller shifts (Argo Rollouts, Flagger) or owns is
// refused. The package must never write anything of a route but the weights and
// backends of the fleet's rule and its own annotation. It sees no requests, so
// Observe has nothing to tell and the engines' own metrics must.
package gatewayapi
