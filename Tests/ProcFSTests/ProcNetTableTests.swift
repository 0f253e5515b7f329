import PortModel
import ProcFS
import Testing

@Suite struct ProcNetTableTests {
    static let tcpHeader = KernelFormat.header(.tcp)
    static let line =
        "   0: 0100007F:1F90 0200007F:C1B6 01 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0000\n"

    @Test func `A row of a connection has the endpoints in host order, the user and the inode`() {
        let parsed = ParsedTable(.tcp, Array((Self.tcpHeader + Self.line).utf8))
        #expect(
            parsed.rows == [
                SocketRow(
                    table: .tcp, state: .established, local: Endpoint(IPAddress(ipv4: 0x7f00_0001), 8080),
                    remote: Endpoint(IPAddress(ipv4: 0x7f00_0002), 49590), uid: 1000, inode: 4711)
            ])
        #expect(parsed.malformed == 0)
    }

    @Test func `The capture of tcp has every kind of row`() throws {
        let parsed = ParsedTable(.tcp, try Fixture.bytes("host/net/tcp"))
        #expect(parsed.malformed == 0)
        #expect(parsed.rows.count == 21)
        func only(_ state: SocketState) -> [SocketRow] { parsed.rows.filter { $0.state == state } }
        // TIME_WAIT on either side, with most of 60 seconds left, and nobody's.
        #expect(Set(only(.timeWait).map { $0.local.port == 8080 }) == [true, false])
        #expect(only(.timeWait).allSatisfy { $0.inode == 0 && $0.uid == 0 && (5000...6000).contains($0.timerTicks) })
        // One FIN_WAIT_2 with a descriptor, one of an orphan with its timer.
        #expect(only(.finWait2).count == 2)
        #expect(only(.finWait2).map { $0.inode != 0 }.sorted { $0 && !$1 } == [true, false])
        #expect(only(.finWait2).allSatisfy { ($0.inode == 0) == ($0.timerTicks > 0) })
        #expect(only(.synReceived).map(\.local.port) == [8443])
        #expect(only(.synSent).map(\.remote) == [Endpoint(IPAddress(ipv4: 0xc000_0263), 443)])
        #expect(only(.synSent).allSatisfy { $0.timerTicks == 0 })
        #expect(only(.closeWait).count == 2)
        // The connection that nobody accepted.
        #expect(only(.established).count(where: { $0.inode == 0 }) == 1)
        #expect(Set(only(.listen).map(\.uid)) == [0, 65534, 4_000_000_000])
        #expect(only(.listen).allSatisfy { $0.isListener && $0.remote.isNone })
        #expect(only(.listen).contains { $0.local == Endpoint(IPAddress(ipv4: 0x7f00_0035), 53) })
    }

    @Test func `The capture of tcp6 has mapped, global and loopback addresses`() throws {
        let parsed = ParsedTable(.tcp6, try Fixture.bytes("host/net/tcp6"))
        #expect(parsed.malformed == 0)
        #expect(parsed.rows.count == 13)
        let locals = Set(parsed.rows.map { $0.local.address.text(in: .ipv6) })
        #expect(locals == ["::", "::1", "2001:db8::1", "::ffff:127.0.0.1"])
        #expect(parsed.rows.contains { $0.remote.text(in: .ipv6) == "[2001:db8::99]:443" && $0.state == .synSent })
        #expect(parsed.rows.filter { $0.state == .timeWait }.map { $0.timerTicks > 5000 } == [true])
        #expect(parsed.rows.filter { $0.state == .finWait2 }.map { $0.timerTicks > 5000 } == [true])
    }

    @Test func `The captures of udp and udp6 have bound and connected sockets`() throws {
        let udp = ParsedTable(.udp, try Fixture.bytes("host/net/udp"))
        #expect(udp.malformed == 0)
        #expect(udp.rows.count == 5)
        #expect(udp.rows.count(where: \.isListener) == 3)
        #expect(udp.rows.map(\.uid).contains(65534))
        let udp6 = ParsedTable(.udp6, try Fixture.bytes("host/net/udp6"))
        #expect(udp6.malformed == 0)
        let peers = udp6.rows.filter { !$0.isListener }.map { $0.remote.text(in: .ipv6) }
        #expect(Set(peers) == ["[2001:db8::99]:53", "[::ffff:127.0.0.1]:53"])
    }

    @Test func `The state of a request socket is half-open`() {
        let text = Self.tcpHeader + Self.line.replacing(" 01 ", with: " 0C ")
        #expect(ParsedTable(.tcp, Array(text.utf8)).rows.map(\.state) == [.synReceived])
    }

    @Test func `The slot may be wider than its column and the timer wider than 32 bits`() {
        var text = Self.tcpHeader + Self.line.replacing("   0:", with: "4294967295:")
        text += Self.line.replacing(" 01 ", with: " 06 ").replacing(" 00:00000000 ", with: " 03:FFFFFFFFFFFFFFFF ")
        let parsed = ParsedTable(.tcp, Array(text.utf8))
        #expect(parsed.malformed == 0)
        #expect(parsed.rows.map(\.timerTicks) == [0, .max])
    }

    @Test(arguments: [
        ("   0: ", "     : ", "sl"), ("   0: ", "   0 : ", "sl"), ("   0: ", "   0:", "sl"),
        ("   0: ", "4294967296: ", "sl"),
        ("0100007F:1F90", "0100007f:1F90", "local_address"), ("0100007F:1F90", "100007F:1F90", "local_address"),
        ("0100007F:1F90", "0100007F:01F90", "local_address"), ("0100007F:1F90", "0100007F;1F90", "local_address"),
        ("0100007F:1F90", "0100007F:1G90", "local_address"), ("0100007F:1F90", "0100007F:1F9", "local_address"),
        ("0200007F:C1B6", "0200007:C1B6", "rem_address"), ("0200007F:C1B6", "0200007F:C1B6 ", "st"),
        (" 01 ", " 00 ", "st"), (" 01 ", " 0D ", "st"), (" 01 ", " 1 ", "st"), (" 01 ", " FF ", "st"),
        (" 00000000:00000000 00", " 0000000:00000000 00", "tx_queue"),
        (" 00000000:00000000 00", " 00000000 00000000 00", "tx_queue"),
        (" 00000000:00000000 00", " 00000000:000000000 00", "rx_queue"),
        (" 00:00000000 ", " 0:00000000 ", "tr"), (" 00:00000000 ", " 00:0000000 ", "tm->when"),
        (" 00:00000000 ", " 00:10000000000000000 ", "tm->when"), (" 00:00000000 ", " 00:FFFFFFFE\u{1} ", "tm->when"),
        (" 00000000  1000", " 0000000  1000", "retrnsmt"), (" 00000000  1000", " 000000001000", "retrnsmt"),
        (" 1000 ", " -1 ", "uid"), (" 1000 ", " 4294967296 ", "uid"), (" 1000 ", " 1e3 ", "uid"),
        ("        0 4711", "        x 4711", "timeout"), ("        0 4711", "        0  4711", "inode"),
        (" 4711 ", " 18446744073709551616 ", "inode"), (" 4711 ", " 47x1 ", "inode"), (" 4711 ", " -4711 ", "inode"),
        (" 4711 1 0000", " 4711", "inode"),
    ])
    func `A broken column is named, and the rows around it are read`(before: String, after: String, field: String) {
        let broken = Self.line.replacing(before, with: after, maxReplacements: 1)
        #expect(broken != Self.line)
        let parsed = ParsedTable(.tcp, Array((Self.tcpHeader + Self.line + broken + Self.line).utf8))
        #expect(parsed.rows.count == 2)
        #expect(parsed.malformed == 1)
        #expect(parsed.first?.field == field)
        #expect(parsed.first?.line == 3)
        #expect(parsed.first?.file == "tcp")
    }

    @Test func `The text of a broken row is cut at 160 bytes and escaped`() {
        let line = "\u{1b}[31m\\ ü" + String(repeating: "x", count: 300) + "\n"
        let parsed = ParsedTable(.tcp, Array((Self.tcpHeader + line).utf8))
        #expect(parsed.first?.text == #"\x1b[31m\\ \xc3\xbc"# + String(repeating: "x", count: 151))
    }

    @Test func `A UDP socket is connected or not, and has no other state`() {
        let header = KernelFormat.header(.udp)
        let rows = (0...12).map { Self.line.replacing(" 01 ", with: " 0\(String($0, radix: 16, uppercase: true)) ") }
        let parsed = ParsedTable(.udp, Array((header + rows.joined()).utf8))
        #expect(parsed.rows.map(\.state) == [.established, .close])
        #expect(parsed.malformed == 11)
    }

    @Test func `A row of another family is malformed`() throws {
        #expect(ParsedTable(.tcp6, try Fixture.bytes("host/net/tcp")).rows.isEmpty)
        #expect(ParsedTable(.tcp, try Fixture.bytes("host/net/tcp6")).rows.isEmpty)
    }

    @Test func `A last line without its end is counted as cut off, even when it could be read`() {
        let parsed = ParsedTable(.tcp, Array((Self.tcpHeader + Self.line + Self.line.dropLast()).utf8))
        #expect(parsed.rows.count == 1)
        #expect(parsed.malformed == 1)
        #expect(parsed.first?.field == "end of line")
        #expect(parsed.first?.line == 3)
    }

    @Test func `A first line that is no header is malformed and no row`() {
        let parsed = ParsedTable(.tcp, Array((Self.line + Self.line).utf8))
        #expect(parsed.rows.count == 1)
        #expect(parsed.first?.field == "header")
        #expect(ParsedTable(.tcp, []) == ParsedTable(.udp6, []))
    }
}
