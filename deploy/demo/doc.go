// Command demo is the simulated part of the compose file's demo: in place of a
// worker it runs one with simulated engines beside it, the gateway in front of them
// and users who send steady traffic, and registers the fleet with the API. Engines,
// GPUs and users are simulated, the rest is what runs in production. It must never be
// part of an installation.
package main
