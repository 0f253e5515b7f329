import PortModel
import TestSupport

/// Writes socket tables exactly as the kernel does, to be parsed again.
enum KernelFormat {
    /// What the kernel prints of a row besides the columns of ``SocketRow``.
    struct Detail {
        var slot: UInt32 = 0
        var sendQueue: UInt32 = 0
        var receiveQueue: UInt32 = 0
        var timer: UInt8 = 0
        var ticks: UInt64 = 0
        var retransmits: UInt32 = 0
        var timeout: UInt32 = 0
        var pointer: UInt64 = 0
    }

    static func table(_ table: SocketTable, _ rows: [(SocketRow, Detail)]) -> [UInt8] {
        var text = header(table)
        for (row, detail) in rows { text += line(row, detail) }
        return Array(text.utf8)
    }

    static func header(_ table: SocketTable) -> String {
        switch table {
        case .tcp:
            pad("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode", 149)
        case .udp:
            pad(
                "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
                    + "inode ref pointer drops", 127)
        case .tcp6:
            "  sl  local_address                         remote_address                        "
                + "st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
        case .udp6:
            "  sl  local_address                         remote_address                        "
                + "st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n"
        }
    }

    static func line(_ row: SocketRow, _ detail: Detail) -> String {
        let isTCP = row.table.transport == .tcp
        var text = right(String(detail.slot), isTCP ? 4 : 5) + ": "
        text += endpoint(row.local, row.table.family) + " " + endpoint(row.remote, row.table.family)
        text += " " + hex(row.state.rawValue, 2)
        text += " " + hex(detail.sendQueue, 8) + ":" + hex(detail.receiveQueue, 8)
        text += " " + hex(detail.timer, 2) + ":" + hex(detail.ticks, 8) + " " + hex(detail.retransmits, 8)
        text += " " + right(String(row.uid), 5) + " " + right(String(detail.timeout), 8) + " " + String(row.inode)
        let pointer = hex(detail.pointer, 16).lowercased()
        switch (row.table, row.state) {
        case (.udp, _), (.udp6, _): text += " 2 \(pointer) 0"
        case (_, .timeWait): text += " 3 \(pointer)"
        case (_, .finWait2) where detail.timer == 3: text += " 3 \(pointer)"
        case (_, .synReceived): text += " 0 \(pointer)"
        default: text += " 1 \(pointer) 20 4 30 10 -1"
        }
        return switch row.table {
        case .tcp: pad(text, 149)
        case .udp: pad(text, 127)
        default: text + "\n"
        }
    }

    private static func endpoint(_ endpoint: Endpoint, _ family: AddressFamily) -> String {
        let (high, low) = (endpoint.address.high, endpoint.address.low)
        let words = family == .ipv4 ? [low] : [high >> 32, high, low >> 32, low]
        return words.map { hex(UInt32(bigEndian: UInt32(truncatingIfNeeded: $0)), 8) }.joined() + ":"
            + hex(endpoint.port, 4)
    }

    private static func hex(_ value: some UnsignedInteger, _ width: Int) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.utf8.count)) + text
    }

    /// `seq_pad`: blanks up to a width, where it is not reached already, and a line end.
    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.utf8.count)) + "\n"
    }
}

extension KernelFormat {
    /// A row that the kernel could print, of a kind and with values drawn at random, the extremes among them.
    static func randomRow(_ table: SocketTable, using generator: inout SeededGenerator) -> (SocketRow, Detail) {
        let word = { (generator: inout SeededGenerator) -> UInt64 in
            [0, .max, generator.next(), generator.next() >> 32][Int.random(in: 0..<4, using: &generator)]
        }
        func endpoint() -> Endpoint {
            let (high, low) = (word(&generator), word(&generator))
            let isMapped = table.family == .ipv4 || Int.random(in: 0..<4, using: &generator) == 0
            return Endpoint(
                isMapped ? IPAddress(ipv4: UInt32(truncatingIfNeeded: low)) : IPAddress(high: high, low: low),
                UInt16(truncatingIfNeeded: word(&generator)))
        }
        var detail = Detail(
            slot: .random(in: 0...300_000, using: &generator), sendQueue: UInt32(truncatingIfNeeded: word(&generator)),
            receiveQueue: UInt32(truncatingIfNeeded: word(&generator)), pointer: generator.next())
        let states = table.transport == .tcp ? SocketState.allCases : [.established, .close]
        var row = SocketRow(
            table: table, state: states[Int.random(in: 0..<states.count, using: &generator)], local: endpoint(),
            remote: endpoint())
        let isMini = row.state == .timeWait || row.state == .finWait2 && Bool.random(using: &generator)
        if isMini {
            detail.timer = 3
            detail.ticks = word(&generator) >> UInt64.random(in: 0..<64, using: &generator)
            row.timerTicks = UInt32(clamping: detail.ticks)
        } else {
            row.uid = UInt32(truncatingIfNeeded: word(&generator))
            row.inode = row.state == .synReceived ? 0 : word(&generator)
            if table.transport == .tcp {
                detail.timer = [0, 1, 2, 4][Int.random(in: 0..<4, using: &generator)]
                detail.ticks = word(&generator)
                detail.retransmits = .random(in: 0...20, using: &generator)
                detail.timeout = .random(in: 0...20, using: &generator)
            }
        }
        return (row, detail)
    }
}
