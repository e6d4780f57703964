//! What carries the stages: rings, agents, wait strategies, pinning, clocks, latency.
