// Command server runs the REST API of the Performance Agent. It is the server's
// composition root: it alone chooses the store, the router, the provisioner and
// the scraper behind the interfaces of package api. It keeps no state and does
// no work of its own: what must survive a crash is in a workflow.
package main
