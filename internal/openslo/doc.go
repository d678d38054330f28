// Package openslo reads and writes a fleet's objectives as OpenSLO v1 documents
// (github.com/OpenSLO/OpenSLO), so that they can be kept and reviewed with those
// of other services.
//
// The API calls it. What an objective of ours cannot express is refused by field,
// never dropped in silence: an SLO that lost half of its meaning on the way is
// worse than none. The package is pure.
package openslo
