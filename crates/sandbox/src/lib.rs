//! Loopback servers that speak the Kubernetes wire protocol.
