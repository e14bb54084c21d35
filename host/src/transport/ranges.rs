//! Addresses that are not the public internet, and the one form in which an address is judged.
//!
//! Invariant: an IPv4 address is judged the same in whatever way IPv6 wraps it.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

/// Why an address is closed unless the operator opens it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) kind: &'static str,
    pub(super) prefix: &'static str,
    /// Hands out credentials to whoever asks: only opened by being written out, never by a wider range.
    pub(super) metadata: bool,
}

/// Where clouds serve credentials to their machines.
const METADATA: [IpAddr; 8] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)),
];

/// First address, length of the prefix, what it is. From IANA's registries of special-purpose addresses.
const V4: [([u8; 4], u32, &str, &str); 17] = [
    ([0, 0, 0, 0], 8, "an unspecified address", "0.0.0.0/8"),
    ([10, 0, 0, 0], 8, "a private address", "10.0.0.0/8"),
    ([100, 64, 0, 0], 10, "an address of a carrier's network", "100.64.0.0/10"),
    ([127, 0, 0, 0], 8, "a loopback address", "127.0.0.0/8"),
    ([169, 254, 0, 0], 16, "a link-local address", "169.254.0.0/16"),
    ([172, 16, 0, 0], 12, "a private address", "172.16.0.0/12"),
    ([192, 0, 0, 0], 24, "a reserved address", "192.0.0.0/24"),
    ([192, 0, 2, 0], 24, "a documentation address", "192.0.2.0/24"),
    ([192, 31, 196, 0], 24, "a reserved address", "192.31.196.0/24"),
    ([192, 52, 193, 0], 24, "a reserved address", "192.52.193.0/24"),
    ([192, 88, 99, 0], 24, "a reserved address", "192.88.99.0/24"),
    ([192, 168, 0, 0], 16, "a private address", "192.168.0.0/16"),
    ([198, 18, 0, 0], 15, "a benchmarking address", "198.18.0.0/15"),
    ([198, 51, 100, 0], 24, "a documentation address", "198.51.100.0/24"),
    ([203, 0, 113, 0], 24, "a documentation address", "203.0.113.0/24"),
    ([224, 0, 0, 0], 4, "a multicast address", "224.0.0.0/4"),
    ([240, 0, 0, 0], 4, "a reserved address", "240.0.0.0/4"),
];

const V6: [([u16; 3], u32, &str, &str); 11] = [
    ([0, 0, 0], 32, "a reserved address", "::/32"),
    ([0x64, 0xff9b, 1], 48, "an address of a local NAT64", "64:ff9b:1::/48"),
    ([0x100, 0, 0], 32, "a discarded address", "100::/32"),
    ([0x2001, 0, 0], 23, "a reserved address", "2001::/23"),
    ([0x2001, 0xdb8, 0], 32, "a documentation address", "2001:db8::/32"),
    ([0x3fff, 0, 0], 20, "a documentation address", "3fff::/20"),
    ([0x5f00, 0, 0], 16, "a reserved address", "5f00::/16"),
    ([0xfc00, 0, 0], 7, "a private address", "fc00::/7"),
    ([0xfe80, 0, 0], 10, "a link-local address", "fe80::/10"),
    ([0xfec0, 0, 0], 10, "a site-local address", "fec0::/10"),
    ([0xff00, 0, 0], 8, "a multicast address", "ff00::/8"),
];

/// The address that is meant: what IPv6 wraps, unwrapped (mapped, compatible, translated, NAT64, 6to4).
pub(super) fn canonical(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let last = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    };
    match v6.segments() {
        // `::` and `::1` are themselves.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => address,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => last(high, low),
        _ => address,
    }
}

/// The range that closes a canonical address; nothing if it is public.
pub(super) fn closed_range(address: IpAddr) -> Option<Range> {
    if METADATA.contains(&address) {
        return Some(Range { kind: "a cloud's metadata address", prefix: "metadata", metadata: true });
    }
    let found = match address {
        IpAddr::V4(v4) => {
            V4.iter().find(|row| same_prefix(bits4(row.0), v4.to_bits(), row.1)).map(|row| (row.2, row.3))
        }
        IpAddr::V6(Ipv6Addr::LOCALHOST) => Some(("a loopback address", "::1/128")),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Some(("an unspecified address", "::/128")),
        IpAddr::V6(v6) => {
            let first = (v6.to_bits() >> 64) as u64;
            V6.iter().find(|row| first_bits(first ^ bits6(row.0), row.1) == 0).map(|row| (row.2, row.3))
        }
    };
    found.map(|(kind, prefix)| Range { kind, prefix, metadata: false })
}

fn bits4(bytes: [u8; 4]) -> u32 {
    u32::from_be_bytes(bytes)
}

fn bits6([a, b, c]: [u16; 3]) -> u64 {
    u64::from(a) << 48 | u64::from(b) << 32 | u64::from(c) << 16
}

fn same_prefix(a: u32, b: u32, length: u32) -> bool {
    (a ^ b) >> (32 - length) == 0
}

fn first_bits(bits: u64, length: u32) -> u64 {
    bits >> (64 - length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_and_open_addresses() {
        let check = |address: &str, expected: &str| {
            let range = closed_range(canonical(address.parse().unwrap()));
            assert_eq!(range.map_or("public", |r| r.prefix), expected, "{address}");
        };
        for (address, expected) in [
            ("1.1.1.1", "public"),
            ("8.8.8.8", "public"),
            ("9.255.255.255", "public"),
            ("11.0.0.0", "public"),
            ("100.63.255.255", "public"),
            ("100.128.0.0", "public"),
            ("172.15.255.255", "public"),
            ("172.32.0.0", "public"),
            ("192.167.255.255", "public"),
            ("192.169.0.0", "public"),
            ("198.17.255.255", "public"),
            ("198.20.0.0", "public"),
            ("223.255.255.255", "public"),
            ("0.0.0.0", "0.0.0.0/8"),
            ("0.1.2.3", "0.0.0.0/8"),
            ("10.0.0.0", "10.0.0.0/8"),
            ("10.255.255.255", "10.0.0.0/8"),
            ("100.64.0.1", "100.64.0.0/10"),
            ("100.127.255.255", "100.64.0.0/10"),
            ("127.0.0.1", "127.0.0.0/8"),
            ("127.255.0.1", "127.0.0.0/8"),
            ("169.254.0.1", "169.254.0.0/16"),
            ("172.16.0.0", "172.16.0.0/12"),
            ("172.31.255.255", "172.16.0.0/12"),
            ("192.0.0.8", "192.0.0.0/24"),
            ("192.0.2.1", "192.0.2.0/24"),
            ("192.88.99.1", "192.88.99.0/24"),
            ("192.168.1.1", "192.168.0.0/16"),
            ("198.18.0.1", "198.18.0.0/15"),
            ("198.19.255.255", "198.18.0.0/15"),
            ("198.51.100.7", "198.51.100.0/24"),
            ("203.0.113.7", "203.0.113.0/24"),
            ("224.0.0.1", "224.0.0.0/4"),
            ("239.255.255.255", "224.0.0.0/4"),
            ("240.0.0.1", "240.0.0.0/4"),
            ("255.255.255.255", "240.0.0.0/4"),
            ("169.254.169.254", "metadata"),
            ("169.254.170.2", "metadata"),
            ("100.100.100.200", "metadata"),
            ("168.63.129.16", "metadata"),
            ("192.0.0.192", "metadata"),
            ("fd00:ec2::254", "metadata"),
            ("fd20:ce::254", "metadata"),
            ("2606:4700:4700::1111", "public"),
            ("2a00:1450:4001::1", "public"),
            ("::1", "::1/128"),
            ("::", "::/128"),
            ("::2:1:0:0", "::/32"),
            ("64:ff9b:1::1", "64:ff9b:1::/48"),
            ("100::1", "100::/32"),
            ("2001::1", "2001::/23"),
            ("2001:1ff::1", "2001::/23"),
            ("2001:200::1", "public"),
            ("2001:db8::1", "2001:db8::/32"),
            ("3fff:fff::1", "3fff::/20"),
            ("5f00::1", "5f00::/16"),
            ("fc00::1", "fc00::/7"),
            ("fdff::1", "fc00::/7"),
            ("fe80::1", "fe80::/10"),
            ("fec0::1", "fec0::/10"),
            ("ff02::1", "ff00::/8"),
            ("::ffff:127.0.0.1", "127.0.0.0/8"),
            ("::ffff:7f00:1", "127.0.0.0/8"),
            ("::ffff:169.254.169.254", "metadata"),
            ("::ffff:8.8.8.8", "public"),
            ("::127.0.0.1", "127.0.0.0/8"),
            ("::8.8.8.8", "public"),
            ("::ffff:0:10.0.0.1", "10.0.0.0/8"),
            ("64:ff9b::10.0.0.1", "10.0.0.0/8"),
            ("64:ff9b::a9fe:a9fe", "metadata"),
            ("64:ff9b::8.8.8.8", "public"),
            ("2002:7f00:1::", "127.0.0.0/8"),
            ("2002:c0a8:101::1", "192.168.0.0/16"),
            ("2002:808:808::1", "public"),
        ] {
            check(address, expected);
        }
    }
}
