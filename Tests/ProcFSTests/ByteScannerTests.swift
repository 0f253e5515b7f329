import Testing

@testable import ProcFS

@Suite struct ByteScannerTests {
    private func scan<T>(_ text: String, _ body: (inout ByteScanner) -> T?) -> (value: T?, rest: String) {
        let bytes = Array(text.utf8)
        return bytes.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return (nil, "") }
            var scanner = ByteScanner(start, end: start + buffer.count)
            let value = body(&scanner)
            let rest = UnsafeBufferPointer(start: scanner.at, count: scanner.left)
            return (value, String(decoding: rest, as: UTF8.self))
        }
    }

    @Test func `Every byte is told to be a hexadecimal digit or none, at every place of eight`() {
        for byte in UInt8.min...UInt8.max {
            let digit = Array("0123456789ABCDEF".utf8).firstIndex(of: byte)
            for place in 0..<8 {
                var text = Array("0F1E2D3C".utf8)
                text[place] = byte
                let value = text.withUnsafeBufferPointer { buffer -> UInt32? in
                    guard let start = buffer.baseAddress else { return nil }
                    var scanner = ByteScanner(start, end: start + 8)
                    return scanner.hex8()
                }
                let shift = UInt32(4 * (7 - place))
                #expect(value == digit.map { 0x0f1e_2d3c & ~(0xf << shift) | UInt32($0) << shift })
            }
        }
    }

    @Test func `Hexadecimal numbers have exactly their width`() {
        #expect(scan("A0F", { $0.hex2() }) == (0xa0, "F"))
        #expect(scan("A", { $0.hex2() }).value == nil)
        #expect(scan("FFFF0", { $0.hex4() }) == (0xffff, "0"))
        #expect(scan("FFF", { $0.hex4() }).value == nil)
        #expect(scan("DEADBEEF:", { $0.hex8() }) == (0xdead_beef, ":"))
        #expect(scan("DEADBEE", { $0.hex8() }).value == nil)
        #expect(scan("00000000 ", { $0.hexLong() }) == (0, " "))
        #expect(scan("FFFFFFFFFFFFFFFF", { $0.hexLong() }) == (.max, ""))
        #expect(scan("10000000000000000", { $0.hexLong() }).value == nil)
        #expect(scan("0000000", { $0.hexLong() }).value == nil)
    }

    @Test func `Decimal numbers end at the greatest value of their type`() {
        #expect(scan("65535 ", { $0.decimal(UInt16.self) }) == (.max, " "))
        #expect(scan("65536", { $0.decimal(UInt16.self) }).value == nil)
        #expect(scan("4294967295", { $0.decimal(UInt32.self) }) == (.max, ""))
        #expect(scan("4294967296", { $0.decimal(UInt32.self) }).value == nil)
        #expect(scan("18446744073709551615", { $0.decimal(UInt64.self) }) == (.max, ""))
        #expect(scan("18446744073709551616", { $0.decimal(UInt64.self) }).value == nil)
        #expect(scan("99999999999999999999", { $0.decimal(UInt64.self) }).value == nil)
        #expect(scan(" 1", { $0.decimal(UInt64.self) }).value == nil)
        #expect(scan("-1", { $0.decimal(UInt64.self) }).value == nil)
    }
}
