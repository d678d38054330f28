// Package oidcauth tells whom a token of an OpenID Connect issuer belongs to, by
// discovery and the issuer's published keys (go-oidc, go-jose).
//
// The server's composition root asks it for bearer tokens that are no API keys. It
// asks the issuer when the first token comes, so that the API starts without it, and
// then goes by the keys it has. It must never take a token that it could not verify,
// nor tell an issuer that does not answer as a token that is bad, nor ask the issuer
// as often as strangers send tokens.
package oidcauth
