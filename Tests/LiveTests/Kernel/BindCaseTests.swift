import PortModel
import TestSupport
import Testing

extension LiveTests {
    /// Sockets that random populations seldom hold, and that a model of bind() easily has wrong.
    @Suite
    struct BindCaseTests {
        /// Sockets, in the order in which they are bound, a bind(), and how it ends.
        struct Case: CustomTestStringConvertible, Sendable {
            var testDescription: String
            var transport = TransportProtocol.tcp
            var members: [Population.Member]
            var request: BindRequest
            var errno: String?
        }

        private static let any6 = IPAddress.anyIPv6
        private static let loopback = IPAddress(ipv4: 0x7f00_0001)
        private static let cases = [
            Case(
                testDescription: "0.0.0.0 with SO_REUSEPORT lets :: pass over ::1",
                members: [member(.listening, "::1"), member(.listening, "0.0.0.0", port: true)],
                request: BindRequest(.tcp, Endpoint(any6, 0), reusePort: true), errno: nil),
            Case(
                testDescription: "it does not when ::1 was bound after it",
                members: [member(.listening, "0.0.0.0", port: true), member(.listening, "::1")],
                request: BindRequest(.tcp, Endpoint(any6, 0), reusePort: true), errno: "EADDRINUSE"),
            Case(
                testDescription: "what another user has accepted is no obstacle to a socket like its listener",
                members: [member(.serving, "127.0.0.1", port: true, acceptor: 1001)],
                request: BindRequest(.tcp, Endpoint(loopback, 0), reusePort: true), errno: nil),
            Case(
                testDescription: "nor when the listener has gone",
                members: [member(.connection(.accepted, .established), "127.0.0.1", port: true, acceptor: 1001)],
                request: BindRequest(.tcp, Endpoint(loopback, 0), reusePort: true), errno: nil),
            Case(
                testDescription: "it is to one on another address",
                members: [member(.serving, "127.0.0.1", port: true, acceptor: 1001)],
                request: BindRequest(.tcp, Endpoint(.anyIPv4, 0), reusePort: true), errno: "EADDRINUSE"),
            Case(
                testDescription: "two listeners on :: of which one takes IPv6 alone do not both have SO_REUSEPORT",
                members: [
                    member(.listening, "::", v6Only: true), member(.bound, "0.0.0.0", port: true),
                    member(.listening, "::", port: true),
                ],
                request: BindRequest(.tcp, Endpoint(any6, 0), reusePort: true, isV6Only: true), errno: "EADDRINUSE"),
            Case(
                testDescription: "a mapped connection of a listener on :: that has gone",
                members: [
                    member(.bound, "fd00::1", address: true),
                    member(
                        .connection(.accepted, .established), "::", at: "::ffff:127.0.0.1", address: true, port: true),
                ],
                request: BindRequest(.tcp, Endpoint(IPAddress(high: 0xfd00 << 48, low: 1), 0), reusePort: true),
                errno: nil),
            Case(
                testDescription: "a UDP socket on :: that passed by the newest socket, and was connected then",
                transport: .udp,
                members: [
                    member(.datagram, "10.1.1.1"), member(.datagram, "127.0.0.2", port: true),
                    member(.datagramConnection, "::", at: "::ffff:10.1.1.1", port: true),
                ],
                request: BindRequest(
                    .udp, Endpoint(IPAddress(ipv4: 0x0a01_0101), 0), reuseAddress: true, reusePort: true),
                errno: "EADDRINUSE"),
        ]

        @Test("the kernel ends it so, and no witness says otherwise", arguments: cases)
        func kernel(given: Case) throws {
            let results = try NetworkNamespace.run(addresses: ["10.1.1.1/24", "fd00::1/128"]) {
                var trials = try BindTrials()
                return try trials.run([(Population(given.transport, members: given.members), given.request)])
            }
            let trial = try #require(results.first)
            #expect(trial.population.members.count == given.members.count)
            #expect(trial.errno == given.errno)
            #expect(trial.verdicts[.diag] != nil && trial.verdicts[.inspected] != nil)
            for witness in Witness.allCases {
                #expect(!trial.isWrong(witness), "\(witness): \(String(describing: trial.verdicts[witness]))")
            }
        }

        private static func member(
            _ kind: Population.Kind, _ address: String, at source: String? = nil, address reuseAddress: Bool = false,
            port reusePort: Bool = false, v6Only: Bool = false, acceptor: UInt32 = 0
        ) -> Population.Member {
            let source = source ?? (address == "0.0.0.0" ? "127.0.0.1" : address == "::" ? "::1" : address)
            return .init(
                kind: kind, address: address, source: source, target: source, reuseAddress: reuseAddress,
                reusePort: reusePort, isV6Only: v6Only, uid: 0, acceptor: acceptor)
        }
    }
}
