import Glibc
import PortModel
import ProcFS
import TestSupport
import Testing

@Suite struct SocketReadingTests {
    @Test func `The four tables are read in their order`() {
        let reading = Fixture.host.sockets()
        #expect(reading.failures.isEmpty)
        #expect(reading.malformed == 0)
        #expect(reading.rows.count == 21 + 13 + 5 + 4)
        #expect(reading.rows.map(\.table.rawValue) == reading.rows.map(\.table.rawValue).sorted())
    }

    @Test func `A reading is filled again in the memory that it has`() {
        var reading = SocketReading()
        Fixture.host.readSockets(into: &reading)
        let memory = reading.rows.withUnsafeBufferPointer { $0.baseAddress }
        Fixture.host.readSockets(into: &reading)
        #expect(reading.rows.count == 43)
        #expect(reading.rows.withUnsafeBufferPointer { $0.baseAddress } == memory)
    }

    @Test func `A host without IPv6 is normal, one without IPv4 tables is not`() throws {
        let root = try TemporaryRoot()
        try root.write(KernelFormat.header(.tcp), to: "net/tcp")
        try root.write(KernelFormat.header(.udp) + KernelFormat.line(Self.udp, .init()), to: "net/udp")
        let reading = root.proc.sockets()
        #expect(reading.rows == [Self.udp])
        #expect(reading.failures.isEmpty)

        let missing = root.proc.sockets(netPath: "4711/net")
        #expect(missing.failures.map(\.file) == ["\(root.path)/4711/net/tcp", "\(root.path)/4711/net/udp"])
        #expect(missing.failures.allSatisfy { $0.error == .vanished })
        #expect(missing.incomplete == [.tcp, .udp])
    }

    @Test func `The tables of another namespace are read below its process`() throws {
        let root = try TemporaryRoot()
        try root.write(KernelFormat.header(.udp) + KernelFormat.line(Self.udp, .init()), to: "4711/net/udp")
        #expect(root.proc.sockets(netPath: "4711/net").rows == [Self.udp])
    }

    @Test func `A file that cannot be read is reported, and the others are read`() throws {
        let root = try TemporaryRoot()
        try root.makeDirectory("net/tcp")
        try root.write("", to: "net/tcp6")
        try root.write(KernelFormat.header(.udp) + KernelFormat.line(Self.udp, .init()), to: "net/udp")
        chmod("\(root.path)/net/tcp6", 0)
        chmod(root.path, 0o755)
        let reading = try asUser(65534) { root.proc.sockets() }
        #expect(reading.rows == [Self.udp])
        #expect(reading.failures.map(\.error) == [.failed(errno: EISDIR), .permissionDenied])
        #expect(reading.incomplete == [.tcp, .tcp6])
        #expect(reading.failures.last?.description == "\(root.path)/net/tcp6: permission denied")
    }

    @Test func `The first malformed row of each file is described and all are counted`() throws {
        let root = try TemporaryRoot()
        let row = KernelFormat.line(Self.udp, .init())
        try root.write(KernelFormat.header(.tcp) + "a\nb\n", to: "net/tcp")
        try root.write(KernelFormat.header(.udp) + row + "c\n" + row + "d", to: "net/udp")
        let reading = root.proc.sockets()
        #expect(reading.rows == [Self.udp, Self.udp])
        #expect(reading.malformed == 4)
        #expect(
            reading.firstMalformed.map(\.description) == [
                "\(root.path)/net/tcp:2: sl: \"a\"", "\(root.path)/net/udp:3: sl: \"c\"",
            ])
    }

    @Test(arguments: [65_000, 65_535, 65_536, 65_537, 131_072, 200_000])
    func `A line longer than the buffer is skipped, and the rows around it are read`(length: Int) throws {
        let root = try TemporaryRoot()
        let row = KernelFormat.line(Self.udp, .init())
        let long = String(repeating: "x", count: length)
        try root.write(KernelFormat.header(.udp) + row + long + "\n" + row, to: "net/udp")
        try root.write(KernelFormat.header(.tcp) + long, to: "net/tcp")
        let reading = root.proc.sockets()
        #expect(reading.rows == [Self.udp, Self.udp])
        #expect(reading.malformed == 2)
        #expect(reading.firstMalformed.map(\.line) == [2, 3])
        #expect(reading.firstMalformed.allSatisfy { $0.text == String(repeating: "x", count: 160) })
    }

    @Test func `More rows than the buffer holds are read, whatever is cut at its end`() throws {
        let root = try TemporaryRoot()
        var generator = SeededGenerator(seed: 4)
        let rows = (0..<3000).map { _ in KernelFormat.randomRow(.tcp6, using: &generator) }
        try root.write(KernelFormat.table(.tcp6, rows), to: "net/tcp6")
        #expect(root.proc.sockets().rows == rows.map(\.0))
    }

    @Test func `Sockets of this process are found in the real tables, with their inodes`() throws {
        let listener = try LocalSocket(listening: true)
        let reading = ProcFS().sockets()
        #expect(reading.malformed == 0, "\(reading.firstMalformed)")
        #expect(reading.failures.isEmpty)
        let row = try #require(reading.rows.first { $0.inode == listener.inode })
        #expect(row.local == Endpoint(IPAddress(ipv4: 0x7f00_0001), listener.port))
        #expect(row.isListener)
        #expect(row.uid == geteuid())
    }

    static let udp = SocketRow(
        table: .udp, state: .close, local: Endpoint(.anyIPv4, 53), remote: Endpoint(.anyIPv4, 0), uid: 7, inode: 99)
}
