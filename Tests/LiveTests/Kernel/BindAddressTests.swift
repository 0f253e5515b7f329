import Foundation
import PortModel
import TestSupport
import Testing

extension LiveTests {
    /// Which addresses bind() takes at all, by the model and by the kernel.
    @Suite
    struct BindAddressTests {
        private static let addresses = [
            "127.0.0.1", "127.9.9.9", "10.1.1.1", "10.1.1.2", "10.1.1.255", "224.0.0.1", "239.1.2.3", "255.255.255.255",
            "0.0.0.0", "::", "::1", "fd00::1", "fd00::2", "fe80::1", "febf::1", "fec0::1", "ff01::1", "ff02::1",
            "ff05::2", "ff0e::1", "::ffff:127.0.0.1", "::ffff:10.1.1.2", "::ffff:224.0.0.1",
        ]

        @Test("the model says which addresses bind() takes, with the kernel's errors", arguments: ["0", "1"])
        func addresses(nonlocal: String) throws {
            let wrong = try NetworkNamespace.run(addresses: ["10.1.1.1/24", "fd00::1/128"]) {
                try nonlocal.write(
                    toFile: "/proc/sys/net/ipv6/ip_nonlocal_bind", atomically: false, encoding: .utf8)
                var trials = try BindTrials()
                var requests: [(Population, BindRequest)] = []
                for transport in [TransportProtocol.tcp, .udp] {
                    for text in Self.addresses {
                        let address = try #require(IPAddress(text))
                        let family: AddressFamily = text.contains(":") ? .ipv6 : .ipv4
                        requests.append(
                            (
                                Population(transport, members: []),
                                BindRequest(transport, Endpoint(address, 0), family: family)
                            ))
                    }
                }
                let results = try trials.run(requests)
                #expect(results.count == 2 * Self.addresses.count)
                // No socket is there, and all addresses are known: nothing is left for it to depend on.
                return results.filter { $0.isWrong(.proc) || [nil, .depends].contains($0.verdicts[.proc]?.outcome) }.map
                {
                    trial in
                    "\(trial.request.transport) \(trial.request.local.address): \(trial.verdicts), kernel \(trial.errno ?? "succeeds")"
                }
            }
            #expect(wrong == [])
        }
    }
}
