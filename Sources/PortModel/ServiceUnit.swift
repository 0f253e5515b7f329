/// A service of this host's systemd, or of a user's, as commands name it.
///
/// Whoever owns a cgroup gives those below it any name: a name is trusted as far as the manager that it stands under, and goes into a
/// command only where a shell takes it as it is.
public struct ServiceUnit: Hashable, Sendable {
    /// The service: `nginx.service`.
    public let name: String
    /// The user whose manager it is a service of; `nil` for the host's own.
    public let user: UInt32?

    /// The service that a process belongs to. `nil` for a scope, for the manager of a user (`user@1000.service`), for a name that no
    /// command takes, and in a container, whose units are not the host's.
    public init?(_ owner: PortOwner) {
        guard owner.container == nil, let unit = owner.unit else { return nil }
        let parts = unit.split(separator: "/", omittingEmptySubsequences: false)
        guard let last = parts.last, parts.count <= 2, Self.isNameable(last) else { return nil }
        name = String(last)
        if parts.count == 1 {
            user = nil
        } else if let manager = Self.user(ofManager: parts[0]) {
            user = manager
        } else {
            return nil
        }
    }

    /// What ends, starts anew or shows it: `systemctl stop nginx.service`.
    public func systemctl(_ verb: String) -> String {
        user.map { "systemctl --user --machine=\($0)@ \(verb) \(name)" } ?? "systemctl \(verb) \(name)"
    }

    /// What shows its log. Only its own user may ask for a user's unit by `--user-unit`.
    public var journalctl: String {
        user.map { "journalctl _UID=\($0) _SYSTEMD_USER_UNIT=\(name)" } ?? "journalctl -u \(name)"
    }

    /// The services that some processes belong to, each once.
    public static func all(of owners: some Sequence<PortOwner>) -> [ServiceUnit] {
        var units: [ServiceUnit] = []
        for unit in owners.lazy.compactMap(ServiceUnit.init) where !units.contains(unit) { units.append(unit) }
        return units
    }

    /// The user whose manager a unit is: 1000 of `user@1000.service`.
    public static func user(ofManager unit: some StringProtocol) -> UInt32? {
        guard unit.hasPrefix("user@"), unit.hasSuffix(".service") else { return nil }
        let number = unit.dropFirst(5).dropLast(8)
        return number.utf8.allSatisfy { (0x30...0x39).contains($0) } ? UInt32(number) : nil
    }

    private static func isNameable(_ unit: Substring) -> Bool {
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
