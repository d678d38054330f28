package scrape

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/dcgm"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Exporters reads the figures of GPUs from the pages of DCGM exporters.
type Exporters struct{ client *http.Client }

// NewExporters makes a reader; the client decides what may be reached.
func NewExporters(client *http.Client) *Exporters { return &Exporters{client: client} }

// AddGPU gives the last reading what the exporter on the replica's host shows
// now; a page has no past. See GPUSource.
func (e *Exporters) AddGPU(ctx context.Context, fleet serving.Fleet, readings []serving.Reading) []serving.Reading {
	last := &readings[len(readings)-1]
	*last = e.figures(ctx, fleet, last.Endpoint).AddTo(*last)
	return readings
}

func (e *Exporters) figures(ctx context.Context, fleet serving.Fleet, endpoint string) dcgm.Figures {
	labels := fleet.GPUMetrics.LabelsOf(endpoint)
	addresses := exportersOf(fleet.GPUMetrics, endpoint)
	if len(addresses) == 0 {
		return dcgm.None("no exporter of gpu_metrics is on the replica's host: add its address, or name the replica's GPUs by labels")
	}
	var page engine.Families
	for _, address := range addresses {
		families, _, err := fetch(ctx, e.client, base(address)+"/metrics")
		if err != nil {
			return dcgm.None(fmt.Sprintf("the exporter %s cannot be read: %v", address, err))
		}
		page = merged(page, families)
	}
	return dcgm.Read(page, labels, fleet.Hardware.GPUs)
}

// exportersOf are the exporters on the replica's host. Where there is none, as
// behind host names that differ, labels of the replica's own must tell, in the
// pages of all.
func exportersOf(source serving.GPUSource, endpoint string) []string {
	var out []string
	for _, address := range source.Addresses {
		if h := host(address); h != "" && h == host(endpoint) {
			out = append(out, address)
		}
	}
	if _, named := source.Replicas[endpoint]; named && len(out) == 0 {
		return source.Addresses
	}
	return out
}

func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// merged adds the series of a page to those of another.
func merged(into, page engine.Families) engine.Families {
	for _, f := range page {
		found := false
		for i := range into {
			if into[i].Name == f.Name {
				into[i].Series, found = append(into[i].Series, f.Series...), true
			}
		}
		if !found {
			into = append(into, f)
		}
	}
	return into
}
