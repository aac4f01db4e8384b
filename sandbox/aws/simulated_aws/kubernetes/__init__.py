"""Real Kubernetes behind the clusters of EKS: a control plane each, whose nodes are simulated."""
