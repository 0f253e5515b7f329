import ArgumentParser
import PortModel

/// `ADDRESS:PORT` on the command line: `10.0.0.1:80`, `[::1]:80`, `[fe80::1%eth0]:80`, `*:80`.
struct EndpointArgument: Sendable, Equatable {
    /// The address and the port; for `*` the address `::`.
    var endpoint: Endpoint
    /// The family of the notation: that of an address in brackets is IPv6, mapped ones too.
    var family: AddressFamily
    /// It was written `*`: both families at once.
    var isDualStack = false
    /// The name of the interface behind `%`.
    var interface: String?

    /// Reads the notation.
    ///
    /// - Throws: ``ValueError`` that says what is allowed.
    init(parsing text: String) throws {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
            text[text.index(after: colon)...].allSatisfy(\.isASCII), !text[text.index(after: colon)...].hasPrefix("+")
        else { throw Self.error }
        var host = String(text[..<colon])
        if host == "*" {
            self.init(Endpoint(.anyIPv6, port), .ipv6)
            isDualStack = true
            return
        }
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]") && host.count > 2
        if isBracketed {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            throw ValueError("an IPv6 address stands in brackets: [\(host)]:\(port)")
        }
        var interface: String?
        if let percent = host.firstIndex(of: "%") {
            interface = String(host[host.index(after: percent)...])
            host = String(host[..<percent])
        }
        guard let address = IPAddress(host), isBracketed == host.contains(":"), interface != "" else {
            throw Self.error
        }
        self.init(Endpoint(address, port), isBracketed ? .ipv6 : .ipv4)
        self.interface = interface
    }

    private init(_ endpoint: Endpoint, _ family: AddressFamily) {
        self.endpoint = endpoint
        self.family = family
    }

    private static let error = ValueError(
        "an address with a port is 10.0.0.1:80, [::1]:80 or *:80 (all addresses of both families), the port from 0 to 65535"
    )
}
