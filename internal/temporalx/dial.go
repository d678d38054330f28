package temporalx

import (
	"context"
	"fmt"
	"log/slog"

	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
)

// Option changes how a client is made.
type Option func(*settings)

type settings struct {
	request envconfig.LoadClientOptionsRequest
	change  []func(*client.Options)
	traces  trace.TracerProvider   // nil for none
	codec   converter.PayloadCodec // nil for none
}

// WithEnvironment reads settings from env instead of the process's environment,
// and no profile file.
func WithEnvironment(env envconfig.EnvLookup) Option {
	return func(s *settings) { s.request.EnvLookup, s.request.DisableFile = env, true }
}

// WithOptions changes the client's options after the environment was read, for
// example to add interceptors or a metrics handler.
func WithOptions(change func(*client.Options)) Option {
	return func(s *settings) { s.change = append(s.change, change) }
}

// WithTracing makes spans of starts, workflows and activities, in one trace with
// the request that began them. Queries are left out: pages poll with them.
func WithTracing(provider trace.TracerProvider) Option {
	return func(s *settings) { s.traces = provider }
}

// WithCodec encodes all that the client and its workers give to Temporal to keep, the
// texts of failures too; nil encodes nothing. Every client of a namespace needs it.
func WithCodec(codec converter.PayloadCodec) Option {
	return func(s *settings) { s.codec = codec }
}

// Options are the options that Dial connects with; the namespace and address in
// them are always set.
func Options(logger *slog.Logger, options ...Option) (client.Options, error) {
	var s settings
	for _, o := range options {
		o(&s)
	}
	out, err := envconfig.LoadClientOptions(s.request)
	if err != nil {
		return client.Options{}, fmt.Errorf("temporal settings: %w: check the TEMPORAL_* variables and the profile file", err)
	}
	out.Logger = log.NewStructuredLogger(logger)
	if s.traces != nil {
		tracing, err := opentelemetry.NewTracingInterceptor(opentelemetry.TracerOptions{
			Tracer: s.traces.Tracer("temporal"), DisableQueryTracing: true, AllowInvalidParentSpans: true})
		if err != nil {
			return client.Options{}, fmt.Errorf("tracing: %w", err)
		}
		out.Interceptors = append(out.Interceptors, tracing)
	}
	if s.codec != nil {
		out.DataConverter = converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), s.codec)
		out.FailureConverter = temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
			DataConverter: out.DataConverter, EncodeCommonAttributes: true})
	}
	for _, change := range s.change {
		change(&out)
	}
	if out.Namespace == "" {
		out.Namespace = client.DefaultNamespace
	}
	if out.HostPort == "" {
		out.HostPort = client.DefaultHostPort
	}
	return out, nil
}

// Dial connects to Temporal and waits until it answers or ctx ends. The caller
// closes the client.
func Dial(ctx context.Context, logger *slog.Logger, options ...Option) (client.Client, error) {
	o, err := Options(logger, options...)
	if err != nil {
		return nil, err
	}
	c, err := client.DialContext(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("connect to temporal at %s, namespace %s: %w: is it running, and is TEMPORAL_ADDRESS right?", o.HostPort, o.Namespace, err)
	}
	return c, nil
}
