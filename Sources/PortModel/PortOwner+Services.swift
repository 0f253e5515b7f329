extension PortOwner {
    /// Whether a unit is a service that can be named in a command as it is: a cgroup may be given any name by who owns it. A user's
    /// whole session (`user@1000.service`) is none.
    public static func isService(_ unit: String) -> Bool {
        unit.hasSuffix(".service") && !unit.hasPrefix("-") && !unit.hasPrefix("user@")
            && unit.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                    UInt8(ascii: "@"), UInt8(ascii: ":"):
                    true
                default: false
                }
            }
    }
}
