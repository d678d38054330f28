package promql

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"

	"github.com/optiinfra/performance-agent/internal/engine/dcgm"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// GPUs reads the figures of GPUs from the Prometheus server that scrapes their
// DCGM exporters.
type GPUs struct{ http *http.Client }

// NewGPUs makes a reader; the client decides what may be reached.
func NewGPUs(client *http.Client) *GPUs { return &GPUs{http: client} }

// AddGPU gives each reading the figures as of its own time. It never fails: what
// cannot be had is missing, with the reason.
func (g *GPUs) AddGPU(ctx context.Context, fleet serving.Fleet, readings []serving.Reading) []serving.Reading {
	for i := range readings {
		readings[i] = g.figures(ctx, fleet, readings[i]).AddTo(readings[i])
	}
	return readings
}

func (g *GPUs) figures(ctx context.Context, fleet serving.Fleet, r serving.Reading) dcgm.Figures {
	source := fleet.GPUMetrics
	if len(source.Addresses) == 0 {
		return dcgm.None("gpu_metrics names no Prometheus server")
	}
	selector, err := gpuSelector(source, r.Endpoint)
	if err != nil {
		return dcgm.None(err.Error())
	}
	samples, err := client{g.http, source.Addresses[0]}.instant(ctx, "{"+selector+"}", r.TakenUnix)
	if err != nil {
		return dcgm.None(err.Error())
	}
	return dcgm.Read(families(samples, nil), source.LabelsOf(r.Endpoint), fleet.Hardware.GPUs)
}

// gpuSelector selects the GPUs by the labels of the replica, or else those of its
// host: the exporter's instance is the host and a port of its own.
func gpuSelector(source serving.GPUSource, endpoint string) (string, error) {
	first := "__name__=~" + strconv.Quote(dcgm.Prefix+".+")
	if _, named := source.Replicas[endpoint]; !named {
		u, err := url.Parse(endpoint)
		if err != nil || u.Hostname() == "" {
			return "", fmt.Errorf("endpoint %q has no host", endpoint)
		}
		first += ",instance=~" + strconv.Quote(regexp.QuoteMeta(u.Hostname())+"(:[0-9]+)?")
	}
	return matchers(first, source.LabelsOf(endpoint)), nil
}
