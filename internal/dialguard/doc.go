// Package dialguard decides which addresses this program may connect to: those in
// the networks that the operator allows, and never where clouds serve credentials.
//
// The API asks it (Judge) about addresses that people give, to refuse them early and
// with a reason. The HTTP clients of server and worker ask it (Control) again at
// every connection, about the address that is really dialled, so that neither a name
// that resolves otherwise by then nor a redirect gets around it. It resolves nothing
// and connects to nothing, and a setting must never open what it refuses always.
package dialguard
