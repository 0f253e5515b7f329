import Foundation
import PortModel
import ProcFS
import Testing

@testable import PortRecorder

/// Which namespaces are found, what they are called, and what becomes of them when processes come, move and go.
struct NetworkNamespacesTests {
    private let proc: FakeProc

    init() throws {
        proc = try FakeProc()
        try proc.setNamespace("self", 1, ports: [])
    }

    private func make(_ limits: ForeignLimits = .none) -> NetworkNamespaces {
        NetworkNamespaces(
            ProcFS(root: proc.root), named: NamedNamespaces(directory: proc.root + "/netns"), limits: limits,
            interval: .seconds(10))
    }

    private func process(_ pid: Int32, _ command: String, in namespace: Int, ports: [UInt16]) throws {
        try proc.setProcess(pid, command)
        try proc.setNamespace("\(pid)", namespace, ports: ports)
    }

    /// The ports of each namespace, by name.
    private func read(_ namespaces: inout NetworkNamespaces) -> [String: [UInt16]] {
        let snapshots = namespaces.read(own: PortLimits()) { _ in 7 }.snapshots
        #expect(snapshots.allSatisfy { $0.namespace == 7 })
        return Dictionary(uniqueKeysWithValues: snapshots.map { ($0.namespaceName, $0.rows.map(\.local.port)) })
    }

    @Test("every namespace but the recorder's own is read once, and no two have one name")
    func names() throws {
        try process(10, "init", in: 1, ports: [22])
        try process(11, "web", in: 2, ports: [80])
        try process(12, "helper", in: 2, ports: [80])
        try process(13, "web", in: 3, ports: [80, 81])
        var namespaces = make()
        #expect(read(&namespaces) == ["web.service": [80], "web.service net:[3]": [80, 81]])
    }

    @Test("which of two had the inode behind its name is so in the next recorder too")
    func namesAfterARestart() throws {
        try process(11, "web", in: 3, ports: [81])
        try process(13, "web", in: 2, ports: [80])
        var namespaces = make()
        let reading = namespaces.read(
            own: PortLimits(), isLiving: { ["web.service", "web.service net:[3]"].contains($0) }, number: { _ in 7 })
        let names = reading.snapshots.map { [$0.namespaceName: $0.rows.map(\.local.port)] }
        #expect(names == [["web.service": [80]], ["web.service net:[3]": [81]]])
    }

    @Test("a container that comes back between two samples, in a namespace of its own, goes on under its name")
    func restarts() throws {
        try process(11, "web", in: 2, ports: [80])
        var namespaces = make()
        #expect(read(&namespaces) == ["web.service": [80]])
        for restart in 1...4 {
            proc.endProcess(Int32(10 + restart))
            try process(Int32(11 + restart), "web", in: 2 + restart, ports: [80])
            #expect(read(&namespaces) == ["web.service": [80]])
        }
    }

    @Test(
        "a namespace whose process moves into its unit soon after, or that ip-netns names at any time, has that name then"
    )
    func namedLater() throws {
        let folder = proc.root + "/netns"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try "".write(toFile: "\(folder)/blue.tmp", atomically: false, encoding: .utf8)
        let inode = try #require(NamedNamespaces(directory: folder).names().keys.first)
        try FileManager.default.moveItem(atPath: "\(folder)/blue.tmp", toPath: proc.root + "/blue")
        try proc.setProcess(11, "web", unit: "no-unit")
        try proc.setNamespace("11", Int(inode), ports: [80])
        var namespaces = make()
        #expect(read(&namespaces) == ["net:[\(inode)]": [80]])
        try proc.setProcess(11, "web")
        try proc.setNamespace("11", Int(inode), ports: [80])
        #expect(read(&namespaces) == ["web.service": [80]])
        for _ in 0..<10 { _ = read(&namespaces) }
        try proc.setProcess(11, "web", unit: "other.service")
        try proc.setNamespace("11", Int(inode), ports: [80])
        for _ in 0..<10 { #expect(read(&namespaces) == ["web.service": [80]]) }
        try FileManager.default.moveItem(atPath: proc.root + "/blue", toPath: "\(folder)/blue")
        #expect(read(&namespaces) == ["blue": [80]])
    }

    @Test("one that is doubted is read in the next sample, however quiet it was")
    func doubted() throws {
        try process(11, "web", in: 2, ports: [80])
        var namespaces = make()
        for _ in 0..<12 { _ = read(&namespaces) }
        try process(11, "web", in: 2, ports: [82])
        namespaces.doubt(["web.service"])
        #expect(read(&namespaces) == ["web.service": [82]])
    }

    @Test("one is there as long as a process lives in it, whichever that is")
    func lives() throws {
        try process(11, "web", in: 2, ports: [80])
        try process(12, "helper", in: 2, ports: [80])
        var namespaces = make()
        _ = read(&namespaces)
        proc.endProcess(11)
        #expect(read(&namespaces) == ["web.service": [80]])
        proc.endProcess(12)
        #expect(read(&namespaces) == [:])
        try process(14, "web", in: 2, ports: [80])
        #expect(read(&namespaces) == ["web.service": [80]])
    }

    @Test("a process that enters another namespace takes nothing with it")
    func moves() throws {
        try process(11, "web", in: 2, ports: [80])
        try process(12, "tool", in: 2, ports: [80])
        var namespaces = make()
        _ = read(&namespaces)
        try process(11, "web", in: 4, ports: [443])
        #expect(read(&namespaces) == ["web.service": [80], "web.service net:[4]": [443]])
        try process(12, "tool", in: 1, ports: [22])
        #expect(read(&namespaces) == ["web.service net:[4]": [443]])
    }

    @Test("tables that cannot be read leave a namespace as it was, and are named")
    func unreadable() throws {
        try process(11, "web", in: 2, ports: [80])
        var namespaces = make()
        _ = read(&namespaces)
        try FileManager.default.removeItem(atPath: proc.root + "/11/net/tcp")
        let reading = namespaces.read(own: PortLimits()) { _ in 7 }
        #expect(reading.snapshots.map { $0.rows.map(\.local.port) } == [[80]])
        #expect(reading.failures.map(\.file) == [proc.root + "/11/net/tcp"])
    }

    @Test("limits that may not be read are the kernel's defaults, and marked")
    func limits() throws {
        try process(11, "web", in: 2, ports: [80])
        var own = PortLimits()
        own.kernelRelease = "6.18.0"
        var known = PortLimits()
        known.range = PortRange(first: 40_000, last: 50_000)
        let readable = known
        for limits in [ForeignLimits.none, ForeignLimits { _, namespace in namespace == 2 ? readable : nil }] {
            var namespaces = make(limits)
            let snapshot = try #require(namespaces.read(own: own) { _ in 7 }.snapshots.first)
            let isKnown = limits.read(11, 2) != nil
            #expect(snapshot.limits.assumed == !isKnown)
            #expect(snapshot.limits.range == (isKnown ? readable.range : .standard))
            #expect(isKnown || snapshot.limits.kernelRelease == "6.18.0")
        }
    }

    @Test(
        "one whose sockets stay as they are is read less and less often, up to a minute, and at once when there are more"
    )
    func idle() throws {
        try process(11, "web", in: 2, ports: [80])
        var namespaces = make()
        var pauses: [Int] = []
        for _ in 0..<12 { pauses += namespaces.read(own: PortLimits()) { _ in 7 }.snapshots.map(\.pause) }
        #expect(pauses.first == 1 && pauses.max() == 6 && pauses == pauses.sorted())
        try process(11, "web", in: 2, ports: [80, 81])
        #expect(read(&namespaces) == ["web.service": [80, 81]])
        // The same number of others is seen in the end.
        try process(11, "web", in: 2, ports: [80, 82])
        let seen = (0..<8).map { _ in read(&namespaces)["web.service"] ?? [] }
        #expect(seen.last == [80, 82])
        try process(11, "web", in: 2, ports: [])
        #expect(read(&namespaces) == ["web.service": []])
    }

    @Test("a namespace has the name that ip-netns gave it")
    func named() throws {
        let folder = proc.root + "/netns"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for name in ["zebra", "blue"] { try "".write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8) }
        let inode = try #require(NamedNamespaces(directory: folder).names().first { $0.value == "blue" }).key
        try process(11, "web", in: Int(inode), ports: [80])
        var namespaces = make()
        #expect(read(&namespaces) == ["blue": [80]])
    }

    @Test("without an own namespace to tell from others, nothing is said")
    func unknownOwn() throws {
        try process(11, "web", in: 2, ports: [80])
        try FileManager.default.removeItem(atPath: proc.root + "/self")
        var namespaces = make()
        #expect(read(&namespaces) == [:])
    }
}
