// Package overview is the live page: the fleets with their error budgets, what is
// open with its stages, the latest runs and the open violations. The API gathers
// an Overview and has it written here, as a whole page or for a browser that
// refreshes what changed; the buttons on it call the API as any client would.
//
// It must never offer an order that the workflow would refuse in its phase, and
// must be of use without its script: everything but the buttons is there.
package overview
