// Package client is the Go client of the Performance Agent's API: one method an
// operation, which answers its record, or a *Problem that names what is wrong.
//
//	c, err := client.New("http://127.0.0.1:8002", client.Key(os.Getenv("KEY")))
//	run, err := c.StartRun(ctx, "chat", nil, client.IdempotencyKey("release-7"))
//	ended, err := c.AwaitRun(ctx, run.ID, func(e client.EventRecord) { log.Print(e.Message) })
//
// generated.go comes from the API's contract by `make client` (oapi-codegen with
// our templates; `make lint` fails when it is stale); the rest is the thin layer
// below it: keys, options of a call, problems, live events. The local stack, the
// demo, the end-to-end tests and anybody's automation use it. It imports nothing of
// ours, so that it says no more than the contract does, and it never retries a
// mutation by itself: give an IdempotencyKey and send it again.
package client
