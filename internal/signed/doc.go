// Package signed proves to webhooks who calls them: requests carry a signature
// under a secret that both sides know, and a reference in the fleet's record says
// where the agent's process finds it.
//
// The webhooks of routers and of provisioners call it. It must never put a secret
// into an error, and sends nothing itself.
package signed
