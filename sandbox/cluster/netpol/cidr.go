package netpol

import "net/netip"

// subtract returns the networks that cover block without those in except: packet filter rules can only include.
func subtract(block netip.Prefix, except []netip.Prefix) []netip.Prefix {
	block = block.Masked()
	for _, hole := range except {
		if !hole.Overlaps(block) {
			continue
		}
		if hole.Bits() <= block.Bits() {
			return nil
		}
		lower, upper := halves(block)
		return append(subtract(lower, except), subtract(upper, except)...)
	}
	return []netip.Prefix{block}
}

func halves(block netip.Prefix) (netip.Prefix, netip.Prefix) {
	bits := block.Bits() + 1
	address := block.Addr().As4()
	address[(bits-1)/8] |= 1 << (7 - (bits-1)%8)
	return netip.PrefixFrom(block.Addr(), bits), netip.PrefixFrom(netip.AddrFrom4(address), bits)
}
