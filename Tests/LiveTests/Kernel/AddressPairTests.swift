import Glibc
import PortModel
import ProcFS
import TestSupport
import Testing

@testable import portload

extension LiveTests {
    /// Two sockets on one port: what ip(7) and socket(7) say of their addresses and options, what the kernel does, and what the model says.
    @Suite
    struct AddressPairTests {
        enum Options: String, CaseIterable, Sendable {
            case none, address, port
        }

        enum First: String, CaseIterable, Sendable {
            case bound, listening, datagram
        }

        struct Pair: Sendable, CustomTestStringConvertible {
            var first: (address: String, v6Only: Bool)
            var second: (address: String, v6Only: Bool)
            var overlaps: Bool

            var testDescription: String {
                "\(first.address)\(first.v6Only ? " V6ONLY" : "") then \(second.address)\(second.v6Only ? " V6ONLY" : "")"
            }
        }

        static let pairs: [Pair] = [
            pair("127.0.0.1", "127.0.0.1", true), pair("0.0.0.0", "127.0.0.1", true),
            pair("127.0.0.1", "0.0.0.0", true),
            pair("0.0.0.0", "0.0.0.0", true), pair("127.0.0.1", "127.0.0.2", false), pair("::", "127.0.0.1", true),
            pair("127.0.0.1", "::", true), pair("::", "0.0.0.0", true), pair("0.0.0.0", "::", true),
            pair("::", "::", true), pair("::", "::1", true), pair("::1", "::", true), pair("::1", "127.0.0.1", false),
            pair("127.0.0.1", "::1", false), pair("::1", "0.0.0.0", false), pair("0.0.0.0", "::1", false),
            pair("::ffff:127.0.0.1", "127.0.0.1", true), pair("127.0.0.1", "::ffff:127.0.0.1", true),
            pair("::ffff:0.0.0.0", "127.0.0.1", true), pair("::", "::ffff:127.0.0.1", true),
            Pair(first: ("::", true), second: ("0.0.0.0", false), overlaps: false),
            Pair(first: ("0.0.0.0", false), second: ("::", true), overlaps: false),
            Pair(first: ("::", true), second: ("127.0.0.1", false), overlaps: false),
            Pair(first: ("::", true), second: ("::ffff:127.0.0.1", false), overlaps: false),
            Pair(first: ("::", true), second: ("::1", false), overlaps: true),
            Pair(first: ("::", true), second: ("::", false), overlaps: true),
            Pair(first: ("::", false), second: ("::", true), overlaps: true),
        ]

        private static func pair(_ first: String, _ second: String, _ overlaps: Bool) -> Pair {
            Pair(first: (first, false), second: (second, false), overlaps: overlaps)
        }

        @Test("model, kernel and documentation agree on two sockets", arguments: pairs, First.allCases)
        func agree(pair: Pair, kind: First) throws {
            try NetworkNamespace.run {
                var port: UInt16 = 3000
                for first in Options.allCases {
                    for second in Options.allCases {
                        port += 1
                        let isDocumented = Self.documented(pair, kind, first, second)
                        let (kernel, model) = try Self.ask(pair, kind, first, second, port)
                        #expect(kernel == isDocumented, "kernel, \(first) then \(second)")
                        #expect(
                            model == (isDocumented ? .succeeds : .fails(.addressInUse)),
                            "model, \(first) then \(second)")
                    }
                }
            }
        }

        /// What the documentation says: whether the second bind() succeeds, for one user.
        private static func documented(_ pair: Pair, _ kind: First, _ first: Options, _ second: Options) -> Bool {
            if !pair.overlaps { return true }
            if first == .port && second == .port { return true }
            return first == .address && second == .address && kind != .listening
        }

        private static func ask(
            _ pair: Pair, _ kind: First, _ first: Options, _ second: Options, _ port: UInt16
        ) throws -> (kernel: Bool, model: BindVerdict.Outcome) {
            let type = kind == .datagram ? SOCK_DGRAM : SOCK_STREAM
            let one = try make(pair.first, type, first, port)
            defer { one.close() }
            if kind == .listening { try one.listen(backlog: 1) }
            let address = IPAddress(pair.first.address) ?? .anyIPv4
            let transport: TransportProtocol = kind == .datagram ? .udp : .tcp
            let isIPv6 = { (text: String) in text.contains(":") }
            var socket = BoundSocket(
                SocketRow(
                    table: SocketTable(transport, isIPv6(pair.first.address) ? .ipv6 : .ipv4),
                    state: kind == .listening ? .listen : .close, local: Endpoint(address, port),
                    remote: Endpoint(.anyIPv4, 0), inode: 1), role: .none)
            socket.reuseAddress = first == .address
            socket.reusePort = first == .port
            socket.interface = 0
            socket.isV6Only = socket.isV6Only ?? pair.first.v6Only
            let request = BindRequest(
                transport, Endpoint(IPAddress(pair.second.address) ?? .anyIPv4, port),
                family: isIPv6(pair.second.address) ? .ipv6 : .ipv4, reuseAddress: second == .address,
                reusePort: second == .port, isV6Only: pair.second.v6Only, uid: 0)
            let model = BindRules.judge(request, [socket], PortLimits(), nil, isInKernelOrder: true)
            var outcome = model.outcome
            if outcome == .depends, model.dependsOnAddress, model.blockers.isEmpty { outcome = .succeeds }
            do {
                try make(pair.second, type, second, port).close()
                return (true, outcome)
            } catch let failure as SocketFailure where failure.code == EADDRINUSE {
                return (false, outcome)
            }
        }

        private static func make(
            _ end: (address: String, v6Only: Bool), _ type: __socket_type, _ options: Options, _ port: UInt16
        ) throws -> Socket {
            guard let address = SocketAddress(end.address, port) else { throw SocketFailure("address", 0) }
            let socket = try Socket.open(
                type, address.family,
                .init(
                    reuseAddress: options == .address, reusePort: options == .port,
                    v6Only: end.address.contains(":") ? end.v6Only : nil))
            do {
                try socket.bind(address)
            } catch {
                socket.close()
                throw error
            }
            return socket
        }
    }
}
