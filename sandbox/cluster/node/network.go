package node

import (
	"fmt"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"ai-platform/sandbox/cluster/config"
)

// prepareNetwork gives the namespace what a machine has: a loopback, an interface with the node's address, and a
// default route. The route leads nowhere, but without one the kernel refuses addresses of Services before the
// rules of kube-proxy see them.
func prepareNetwork() error {
	if err := unix.Sethostname([]byte(config.NodeName)); err != nil {
		return err
	}
	loopback, err := netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	if err := netlink.LinkSetUp(loopback); err != nil {
		return err
	}
	attributes := netlink.NewLinkAttrs()
	attributes.Name = "node0"
	// A pair with both ends inside: it has a carrier, and needs no kernel module that pods would not need anyway.
	if err := netlink.LinkAdd(&netlink.Veth{LinkAttrs: attributes, PeerName: "node0-peer"}); err != nil {
		return fmt.Errorf("create a veth pair: %w", err)
	}
	for _, name := range []string{"node0", "node0-peer"} {
		link, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		if err := netlink.LinkSetUp(link); err != nil {
			return err
		}
	}
	node, err := netlink.LinkByName("node0")
	if err != nil {
		return err
	}
	for _, text := range []string{config.NodeNetwork, config.LibraryAddress + "/32"} {
		address, err := netlink.ParseAddr(text)
		if err != nil {
			return err
		}
		if err := netlink.AddrAdd(node, address); err != nil {
			return err
		}
	}
	everything, err := netlink.ParseIPNet("0.0.0.0/0")
	if err != nil {
		return err
	}
	if err := netlink.RouteAdd(&netlink.Route{LinkIndex: node.Attrs().Index, Dst: everything, Scope: netlink.SCOPE_LINK}); err != nil {
		return fmt.Errorf("add a default route: %w", err)
	}
	if err := setSysctl("net/ipv4/ip_forward", "1"); err != nil {
		return err
	}
	return setSysctl("net/bridge/bridge-nf-call-iptables", "1")
}
