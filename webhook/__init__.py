"""Doorward: Kubernetes admission control that checks compliance at the source of change."""

VERSION = "0.1.0"
