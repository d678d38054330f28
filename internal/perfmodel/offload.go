package perfmodel

import (
	"math"
	"slices"
)

// Rates at which a GPU reads the host's memory, bytes a second: PCIe 5 and 4 with
// 16 lanes, at what copies reach of them (about 85%).
const (
	hostLinkGen5 = 54e9
	hostLinkGen4 = 25e9
)

// hostLink is the rate between a GPU and the host's memory.
func hostLink(g GPU) float64 {
	if slices.Contains([]string{"H100", "H100-PCIE", "H200", "B200", "MI300X", "RTX5090", "RTXPRO6000"}, normalGPU(g.Name)) {
		return hostLinkGen5
	}
	return hostLinkGen4
}

// offloaded is the part of the weights that stays in the host's memory and is
// read over its link in every step.
func offloaded(a Architecture, s Settings) float64 {
	return math.Min(s.CPUOffloadBytes, weightBytes(a, s))
}

// HostBlocks is the number of blocks of the prefix cache that fit the host's
// memory beside those on the GPU.
func (m Model) HostBlocks() int {
	if m.settings.HostCacheBytes > 0 {
		return int(m.settings.HostCacheBytes / (float64(m.settings.BlockSize) * kvTokenBytes(m.arch, m.settings)))
	}
	return int(m.settings.HostCacheRatio * float64(m.blocks))
}
