// Command worker runs the workflows and activities of the Performance Agent. It
// is the worker's composition root: it alone chooses the implementations behind
// the activities' interfaces and the task queues that are served. It keeps no
// state: whatever must survive its death is in a workflow, in the store, or in
// the provisioner's state directory.
package main
