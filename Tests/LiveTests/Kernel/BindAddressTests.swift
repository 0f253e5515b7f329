import Foundation
import PortModel
import TestSupport
import Testing

extension LiveTests {
    /// Which addresses bind() takes at all, by the model and by the kernel.
    @Suite
    struct BindAddressTests {
        private static let addresses = [
            "127.0.0.1", "127.9.9.9", "10.1.1.1", "10.1.1.2", "10.1.1.255", "10.2.2.255", "224.0.0.1", "239.1.2.3",
            "255.255.255.255", "0.0.0.0", "::", "::1", "fd00::1", "fd00::2", "fe80::1", "fe80::5", "fe80::7", "febf::1",
            "fec0::1", "ff01::1", "ff02::1", "ff05::2", "ff0e::1", "::ffff:127.0.0.1", "::ffff:10.1.1.2",
            "::ffff:224.0.0.1", "::ffff:0.0.0.0",
        ]

        /// The loopback interface is the first of a namespace.
        private static let loopback: UInt32 = 1

        @Test("the model says which addresses bind() takes, with the kernel's errors", arguments: ["0", "1"])
        func addresses(nonlocal: String) throws {
            let namespace = try NetworkNamespace(addresses: ["10.1.1.1/24", "fd00::1/128", "fe80::7/64"])
            try namespace.run("ip", ["link", "add", "here", "type", "veth", "peer", "name", "there"])
            for interface in ["here", "there"] { try namespace.run("ip", ["link", "set", interface, "up"]) }
            for address in ["10.2.2.1/24", "fd00::2:1/128", "fe80::5/64"] {
                let broadcast = address.contains(":") ? [] : ["broadcast", "+"]
                try namespace.run("ip", ["address", "add", address] + broadcast + ["dev", "here", "nodad"])
            }
            try namespace.enter {
                try nonlocal.write(
                    toFile: "/proc/sys/net/ipv6/ip_nonlocal_bind", atomically: false, encoding: .utf8)
                let interfaces = [0, Self.loopback, if_nametoindex("here"), if_nametoindex("there")]
                try #require(Set(interfaces).count == 4)
                let requests = try [TransportProtocol.tcp, .udp].flatMap { transport in
                    try Self.addresses.flatMap { text in
                        let address = try #require(IPAddress(text))
                        return (text.contains(":") ? interfaces : [0]).flatMap { interface in
                            (text.contains(":") ? [false, true] : [false]).map { isV6Only in
                                (
                                    Population(transport, members: []),
                                    BindRequest(
                                        transport, Endpoint(address, 0), family: text.contains(":") ? .ipv6 : .ipv4,
                                        isV6Only: isV6Only, interface: interface)
                                )
                            }
                        }
                    }
                }
                var trials = try BindTrials()
                let results = try trials.run(requests)
                #expect(results.count == 2 * (10 + 17 * 8))
                // No socket is there, and all addresses are known: nothing is left for it to depend on.
                for trial in results
                where trial.isWrong(.proc) || [nil, .depends].contains(trial.verdicts[.proc]?.outcome) {
                    let request = trial.request
                    Issue.record(
                        "\(request.transport) \(request.local.address.text(in: request.family)) on \(request.interface)\(request.isV6Only ? " v6only" : ""): \(trial.verdicts), kernel \(trial.errno ?? "succeeds")"
                    )
                }
            }
        }
    }
}
