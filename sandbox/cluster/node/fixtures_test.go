package node

import "ai-platform/sandbox/cluster/config"

var testConfig = config.Config{
	StateDir: "/state", APIPort: 16443, CoreDNS: "/bin/true", Pause: "/bin/true", Containerd: "/usr/bin/containerd",
	CNIPlugins: "/usr/lib/cni", Snapshotter: "overlayfs",
}
