import CLinux
import Glibc
import PortModel
import ProcFS
import SockDiag
import Testing

@testable import portload

extension LiveTests {
    /// sock_diag against /proc, the two witnesses that the kernel has.
    @Suite struct SockDiagLiveTests {
        @Test func eachRowOfProcIsToldBySockDiagAndTheOtherWayRound() throws {
            let namespace = try NetworkNamespace()
            var scenario = try SocketScenario(namespace)
            for step in 0..<SocketScenario.steps {
                try scenario.play(step)
                try namespace.enter { try Witnesses().expectAgreement("step \(step)") }
            }
        }

        @Test func halfOpenOrphanedAndOddlyBoundSocketsAgreeToo() throws {
            let namespace = try NetworkNamespace(addresses: ["10.99.0.1/24", "fd99::1/64"])
            try namespace.enter {
                var sockets: [Socket] = []
                defer { for socket in sockets { socket.close() } }
                func make(_ type: __socket_type, _ address: String, _ port: UInt16, _ v6Only: Bool? = nil) throws
                    -> Socket
                {
                    let address = try #require(SocketAddress(address, port))
                    let socket = try Socket.open(type, address.family, .init(v6Only: v6Only))
                    sockets.append(socket)
                    try socket.bind(address)
                    return socket
                }
                func connect(_ type: __socket_type, _ address: String, _ port: UInt16) throws -> Socket {
                    let address = try #require(SocketAddress(address, port))
                    let socket = try Socket.open(type, address.family)
                    try socket.connect(address)
                    return socket
                }
                // The final ACK of the handshake is not taken without data: the connection stays half-open on this side.
                for (address, port) in [("10.99.0.1", UInt16(7001)), ("::", 7002)] {
                    let listener = try make(SOCK_STREAM, address, port)
                    var seconds: Int32 = 30
                    setsockopt(listener.descriptor, Int32(IPPROTO_TCP), TCP_DEFER_ACCEPT, &seconds, 4)
                    try listener.listen(backlog: 7)
                    sockets.append(try connect(SOCK_STREAM, "10.99.0.1", port))
                }
                sockets.append(try connect(SOCK_STREAM, "fd99::1", 7002))
                // One to a device, one to none; V6ONLY or not.
                let device = try make(SOCK_STREAM, "::", 7003, true)
                var index = Int32(if_nametoindex("lo"))
                setsockopt(device.descriptor, SOL_SOCKET, SO_BINDTOIFINDEX, &index, 4)
                try device.listen(backlog: 5)
                try make(SOCK_STREAM, "::", 7004, false).listen(backlog: 5)
                _ = try make(SOCK_DGRAM, "::", 7005, true)
                sockets.append(try connect(SOCK_DGRAM, "::ffff:10.99.0.1", 7006))
                // TIME_WAIT on either side, with orphans of FIN_WAIT_2, over all three kinds of address.
                let server = try make(SOCK_STREAM, "::", 7007)
                try server.listen(backlog: 99)
                for address in ["10.99.0.1", "::ffff:10.99.0.1", "fd99::1"] {
                    for turn in 0..<4 {
                        let client = try connect(SOCK_STREAM, address, 7007)
                        let accepted = try server.accept()
                        switch turn {
                        case 0: client.close()
                        case 1: accepted.close()
                        default: (turn == 2 ? client : accepted).close()
                        }
                        switch turn {
                        case 0: accepted.close()
                        case 1: client.close()
                        default: sockets.append(turn == 2 ? accepted : client)
                        }
                    }
                }

                let witnesses = try Witnesses()
                try witnesses.expectAgreement("by hand")
                let rows = witnesses.diag.sockets
                let states = Dictionary(grouping: rows) { $0.row.state }.mapValues(\.count)
                #expect(states[.synReceived] == 3)
                #expect(states[.timeWait] == 6)
                #expect(states[.finWait2] == 6)
                #expect(states[.closeWait] == 6)
                func named(_ port: UInt16) -> DiagSocket? { rows.first { $0.row.local.port == port } }
                #expect(named(7003)?.interface == UInt32(index))
                #expect(named(7003)?.v6Only == true)
                #expect(named(7003)?.backlog == .init(length: 0, limit: 5))
                #expect(named(7004)?.interface == 0)
                #expect(named(7004)?.v6Only == false)
                #expect(named(7005)?.v6Only == true)
                #expect(named(7007)?.backlog?.limit == 99)
                #expect(Set(rows.map(\.cookie)).count == rows.count)
            }
        }

        @Test func aSocketThatIsOnlyBoundIsThereForSockDiagAlone() throws {
            let namespace = try NetworkNamespace()
            let agent = try Agent(in: namespace, uid: 1000)
            try agent.serve("127.0.0.1", 8080)
            try agent.bind("127.0.0.1", 9000)
            try agent(.init(command: .bind, name: "only", address: "::", port: 9001, v6Only: true))
            try namespace.enter {
                let witnesses = try Witnesses()
                try witnesses.expectAgreement("bound")
                let bound = witnesses.diag.sockets.filter(\.isBoundOnly)
                #expect(bound.map(\.row.local.description) == ["127.0.0.1:9000", "[::]:9001"])
                #expect(bound.allSatisfy { $0.row.state == .close && $0.row.remote.isNone && $0.row.uid == 1000 })
                #expect(bound.allSatisfy { $0.row.inode != 0 })
                #expect(bound.map(\.v6Only) == [nil, true])
                #expect(try SockDiag().boundSockets() == bound)
                try SockDiag().checkBoundSockets()
            }
            try agent(.init(command: .startListening, name: "bound"))
            try namespace.enter {
                let ports = try SockDiag().boundSockets().map(\.row.local.port)
                #expect(ports == [9001])
            }
        }

        @Test func aSocketOfAnotherProcessTellsItsOptions() throws {
            let namespace = try NetworkNamespace()
            let agent = try Agent(in: namespace, uid: 1000)
            // Its line to this test is of sockets too.
            let before = Set(try sockets(of: agent).values)
            for (number, options) in [
                SocketOptions(reuseAddress: false, reusePort: false),
                SocketOptions(reuseAddress: true, reusePort: false),
                SocketOptions(reuseAddress: false, reusePort: true, v6Only: true),
                SocketOptions(reuseAddress: true, reusePort: true, v6Only: false),
            ].enumerated() {
                let name = "socket \(number)"
                try agent(
                    .init(
                        command: .bind, name: name, address: options.v6Only == nil ? "127.0.0.1" : "::",
                        port: UInt16(9000 + number), reuseAddress: options.reuseAddress,
                        reusePort: options.reusePort, v6Only: options.v6Only))
                let (descriptor, inode) = try #require(try sockets(of: agent).first { !before.contains($0.value) })
                let inspector = SocketInspector()
                #expect(try inspector.options(of: descriptor, in: agent.pid, inode: inode) == options)
                #expect(throws: SocketInspectionError.vanished) {
                    try inspector.options(of: descriptor, in: agent.pid, inode: inode + 1)
                }
                #expect(throws: SocketInspectionError.vanished) {
                    try inspector.options(of: 0, in: agent.pid, inode: inode)
                }
                #expect(throws: SocketInspectionError.vanished) {
                    try inspector.options(of: 999, in: agent.pid, inode: inode)
                }
                try agent(.init(command: .close, name: name))
            }
            let pid = agent.pid
            agent.end()
            #expect(throws: SocketInspectionError.vanished) { try SocketInspector().options(of: 3, in: pid, inode: 1) }
        }

        /// The sockets that a process holds: inodes by descriptor.
        private func sockets(of agent: Agent) throws -> [Int32: UInt64] {
            var held: [Int32: UInt64] = [:]
            try ProcFS().descriptors(of: agent.pid).forEachSocket { descriptor, inode in
                held[descriptor] = inode
                return true
            }
            return held
        }
    }
}
