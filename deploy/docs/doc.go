// Command docs writes the pages of docs/ that are generated: the settings from the
// tags of package config, the operations from the API's own OpenAPI document. `make
// docs` runs it, and its test fails when a page is stale. It starts nothing.
package main
