//! The control plane: journal projection, status page, metrics.
