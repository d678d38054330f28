// Package signed proves to webhooks who calls them: requests carry a signature
// under a secret that both sides know, and a reference in the fleet's record says
// where the agent's process finds it.
//
// The webhooks of routers and of provisioners and the notices to people call it, and
// the settings, for where secrets are. It must never put a secret into an error, and
// sends nothing itself.
package signed
