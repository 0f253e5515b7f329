import Glibc
import PortModel
import ProcFS
import TestSupport
import Testing

@Suite struct ProcNetTablePropertyTests {
    /// Another one every time; a failure names it, and PORTLOG_TEST_SEED=<number> repeats it.
    static let seed =
        getenv("PORTLOG_TEST_SEED").flatMap { UInt64(String(cString: $0)) } ?? UInt64.random(in: 0...UInt64.max)

    @Test(arguments: SocketTable.allCases)
    func `What the kernel's format writes is parsed to the same rows, in pieces of any size`(table: SocketTable) {
        var generator = SeededGenerator(seed: Self.seed)
        for _ in 0..<20 {
            let rows = (0..<Int.random(in: 0..<80, using: &generator)).map { _ in
                KernelFormat.randomRow(table, using: &generator)
            }
            let bytes = KernelFormat.table(table, rows)
            for piece in [Int.max, Int.random(in: 1...400, using: &generator)] {
                let parsed = ParsedTable(table, bytes, piece: piece)
                #expect(parsed.rows == rows.map(\.0), "seed \(Self.seed)")
                #expect(parsed.malformed == 0, "seed \(Self.seed): \(parsed.first?.description ?? "")")
            }
        }
    }

    @Test(arguments: SocketTable.allCases)
    func `The format of these tests is the kernel's`(table: SocketTable) throws {
        let capture = String(decoding: try Fixture.bytes("host/net/\(table.fileName)"), as: UTF8.self)
        let lines = capture.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { $0 + "\n" }
        #expect(lines.first.map(String.init) == KernelFormat.header(table))
        // Everything up to the inode, and the width of the line, again from what was parsed.
        for (line, row) in zip(lines.dropFirst(), ParsedTable(table, Array(capture.utf8)).rows) {
            let words = line.split { $0 == " " || $0 == ":" || $0 == "\n" }
            let detail = KernelFormat.Detail(
                slot: try #require(UInt32(words[0])), sendQueue: try #require(UInt32(words[6], radix: 16)),
                receiveQueue: try #require(UInt32(words[7], radix: 16)),
                timer: try #require(UInt8(words[8], radix: 16)),
                ticks: try #require(UInt64(words[9], radix: 16)),
                retransmits: try #require(UInt32(words[10], radix: 16)),
                timeout: try #require(UInt32(words[12])))
            let written = KernelFormat.line(row, detail)
            #expect(written.hasPrefix(line[..<words[13].endIndex] + " "))
            if table.family == .ipv4 { #expect(written.utf8.count == line.utf8.count) }
        }
    }

    @Test(arguments: SocketTable.allCases)
    func `Every prefix of a capture is parsed to the rows that it has whole`(table: SocketTable) throws {
        let bytes = try Fixture.bytes("host/net/\(table.fileName)")
        let whole = ParsedTable(table, bytes).rows
        var lines = 0
        for length in 0...bytes.count {
            if length > 0, bytes[length - 1] == 0x0a { lines += 1 }
            let prefix = Array(bytes[..<length])
            let parsed = ParsedTable(table, prefix)
            let isCut = length > 0 && prefix.last != 0x0a
            #expect(parsed.rows.count == max(0, lines - 1))
            #expect(parsed.rows == Array(whole.prefix(parsed.rows.count)))
            #expect(parsed.malformed == (isCut ? 1 : 0))
        }
    }

    @Test(arguments: SocketTable.allCases)
    func `25 000 mutations of each capture are parsed to valid rows or counted`(table: SocketTable) throws {
        var generator = SeededGenerator(seed: Self.seed ^ UInt64(table.rawValue))
        let capture = try Fixture.head("host/net/\(table.fileName)", lines: 10)
        for round in 0..<25_000 {
            let bytes = mutate(capture, using: &generator)
            let parsed = ParsedTable(table, bytes, piece: round % 8 == 0 ? 333 : .max)
            let lines = countLines(bytes)
            // Each line is the header, a row, or counted.
            let accounted = parsed.rows.count + parsed.malformed
            guard accounted == lines || accounted == lines - 1, parsed.rows.allSatisfy({ isValid($0, table) }),
                (parsed.first == nil) == (parsed.malformed == 0)
            else {
                Issue.record("seed \(Self.seed), round \(round): \(String(decoding: bytes, as: UTF8.self))")
                return
            }
        }
    }

    /// How many lines there are, with one that the end cuts off. By memchr, which is fast in a debug build too.
    private func countLines(_ bytes: [UInt8]) -> Int {
        bytes.withUnsafeBytes { buffer in
            guard var at = buffer.baseAddress else { return 0 }
            let end = at + buffer.count
            var lines = 0
            while at < end {
                lines += 1
                guard let found = memchr(at, 0x0a, end - at) else { break }
                at = UnsafeRawPointer(found) + 1
            }
            return lines
        }
    }

    private func isValid(_ row: SocketRow, _ table: SocketTable) -> Bool {
        row.table == table && (table.family == .ipv6 || row.local.address.isIPv4 && row.remote.address.isIPv4)
            && (table.transport == .tcp || row.state == .established || row.state == .close)
            && (row.timerTicks == 0 || row.state == .timeWait || row.state == .finWait2)
    }

    /// One to four changes: a byte replaced, a bit flipped, bytes taken out, doubled or put in, the end cut off.
    private func mutate(_ capture: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
        var bytes = capture
        for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
            let at = Int.random(in: 0..<bytes.count, using: &generator)
            let length = min(Int.random(in: 1...200, using: &generator), bytes.count - at)
            switch generator.next() % 8 {
            case 0: bytes[at] = UInt8(truncatingIfNeeded: generator.next())
            case 1: bytes[at] ^= 1 << UInt8(generator.next() % 8)
            case 2: bytes[at] = [0x0a, 0x20, 0x3a, 0x00, 0x2d, 0x46, 0x39][Int(generator.next() % 7)]
            case 3: bytes.removeSubrange(at..<(at + length))
            case 4: bytes.insert(contentsOf: Array(bytes[at..<(at + length)]), at: at)
            case 5: bytes.insert(UInt8(truncatingIfNeeded: generator.next()), at: at)
            case 6: bytes.insert(contentsOf: [UInt8](repeating: bytes[at], count: length), at: at)
            default: if generator.next() % 4 == 0 { bytes.removeSubrange(at...) }
            }
        }
        return bytes
    }
}
