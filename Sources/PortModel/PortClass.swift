/// The class of a port (RFC 6335), with the host's own ephemeral range before everything else.
public enum PortClass: String, Hashable, Sendable, Codable {
    /// 0 to 1023.
    case wellKnown = "well_known"
    /// 1024 to 49151.
    case registered
    /// Inside the namespace's `ip_local_port_range`.
    case ephemeral
    /// 49152 to 65535 outside that range.
    case dynamic

    /// The class of a port in a namespace whose ephemeral range is `range`.
    public init(of port: UInt16, range: PortRange) {
        self =
            if range.contains(port) { .ephemeral } else if port < 1024 { .wellKnown } else if port < 49152 {
                .registered
            } else { .dynamic }
    }
}
