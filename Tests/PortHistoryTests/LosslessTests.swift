import PortModel
import TestSupport
import Testing

@testable import PortHistory

/// The promise of the history: the snapshot of every sample comes back as it was recorded.
struct LosslessTests {
    @Test("random snapshots are rebuilt exactly, also over restarts of the recorder", arguments: 1...12)
    func randomSnapshots(seed: Int) throws {
        let folder = try TemporaryFolder()
        let path = folder.file("history.db")
        var host = RandomHost(seed: UInt64(seed))
        var writer = try HistoryWriter(path: path, host: "test", bootID: "boot")
        var recorded: [Int: Set<SocketRow>] = [:]

        for number in 1...300 {
            if number % 97 == 0 {
                writer.close()
                writer = try reopened(path, replacing: &writer)
            }
            host.step()
            try append(host.dump(), of: host, to: writer, number)
            recorded[number] = Set(host.rows.map(withoutTimer))
        }

        try HistoryReader(path: path).read { view in
            for (number, rows) in recorded {
                let rebuilt = try view.sockets(at: number)
                let difference = rows.symmetricDifference(rebuilt.map { row(of: $0, view) })
                #expect(difference.isEmpty, "seed \(seed), sample \(number)")
                #expect(rebuilt.count == rows.count, "seed \(seed), sample \(number): no socket twice")
                for socket in rebuilt {
                    let holder = try view.holder(socket.holder)
                    #expect(holder.uid == (socket.inode == 0 ? nil : row(of: socket, view).uid))
                    if socket.inode != 0 {
                        #expect(holder.ownership == host.ownership(of: row(of: socket, view), at: number))
                    }
                    let last = try view.lastSeen(socket)
                    #expect(last >= socket.last && socket.socketFirst <= socket.first)
                }
            }
        }
    }

    @Test("a socket's first and last sample are those of all its states together")
    func lives() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("history.db")
        let writer = try HistoryWriter(path: path, host: "test", bootID: "boot")
        let local = Endpoint(IPAddress(ipv4: 1), 40000)
        let remote = Endpoint(IPAddress(ipv4: 2), 80)
        func connection(_ state: SocketState, inode: UInt64) -> [SocketRow] {
            [SocketRow(table: .tcp, state: state, local: local, remote: remote, uid: 7, inode: inode, timerTicks: 0)]
        }
        let story =
            [connection(.synSent, inode: 5)] + Array(repeating: connection(.established, inode: 5), count: 600)
            + [
                connection(.finWait2, inode: 0), connection(.timeWait, inode: 0), [],
                connection(.established, inode: 6),
            ]
        for (index, rows) in story.enumerated() { try append(rows, to: writer, index + 1) }

        try HistoryReader(path: path).read { view in
            for number in 1...603 {
                let socket = try #require(try view.sockets(at: number).first)
                #expect(socket.socketFirst == 1)
                #expect(try view.lastSeen(socket) == 603)
                #expect(socket.role == .outgoing)
            }
            #expect(try view.sockets(at: 604).isEmpty)
            let next = try #require(try view.sockets(at: 605).first)
            #expect(next.socketFirst == 605 && next.isOpen)
        }
    }

    @Test("a burst of sockets comes and goes, and the few that stay are followed on")
    func burst() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("history.db")
        let writer = try HistoryWriter(path: path, host: "test", bootID: "boot")
        func listeners(_ ports: some Sequence<Int>) -> [SocketRow] {
            ports.map { port in
                SocketRow(
                    table: .tcp, state: .listen, local: Endpoint(.anyIPv4, UInt16(port)), remote: Endpoint(.anyIPv4, 0),
                    inode: UInt64(port))
            }
        }
        let story = [1...10, 1...5000, 3...12, 3...12].map(listeners)
        for (index, rows) in story.enumerated() { try append(rows, to: writer, index + 1) }
        try append(listeners([5, 4000]), to: writer, 5)
        try HistoryReader(path: path).read { view in
            for (index, rows) in story.enumerated() {
                #expect(Set(try view.sockets(at: index + 1).map { row(of: $0, view) }) == Set(rows))
            }
            let last = try view.sockets(at: 5).sorted { $0.local.port < $1.local.port }
            #expect(last.map(\.socketFirst) == [1, 5])
        }
    }

    private func reopened(_ path: String, replacing old: inout HistoryWriter) throws -> HistoryWriter {
        // The lock goes with the old writer, so let go of it first.
        old = try HistoryWriter(path: path + "-other", host: "test", bootID: "boot")
        return try HistoryWriter(path: path, host: "test", bootID: "boot")
    }

    private func withoutTimer(_ row: SocketRow) -> SocketRow {
        var row = row
        row.timerTicks = 0
        return row
    }

    private func row(of socket: SocketInterval, _ view: HistoryView) -> SocketRow {
        let uid = (try? view.holder(socket.holder).uid) ?? 0
        return SocketRow(
            table: socket.table, state: socket.state, local: socket.local, remote: socket.remote, uid: uid,
            inode: socket.inode)
    }

    private func append(_ rows: [SocketRow], of host: RandomHost? = nil, to writer: HistoryWriter, _ number: Int) throws
    {
        let snapshots = [Snapshot(rows: rows)]
        var changes = try writer.compare(snapshots)
        for (index, change) in changes.changed.enumerated() {
            let row = rows[Int(change.row)]
            if let host, row.inode != 0 {
                changes.setOwnership(changes.add(host.ownership(of: row, at: number)), ofChange: index)
            }
        }
        let sample = SampleRecord(
            takenAt: Timestamp(milliseconds: Int64(number) * 1000), bootClock: Int64(number) * 1000)
        try writer.append(sample, snapshots, changes)
    }
}

/// What a host with a hundred thousand sockets costs in memory is decided by these two.
struct SocketMemoryTests {
    @Test("a row takes 56 bytes, and an open socket 88")
    func layout() {
        #expect(MemoryLayout<SocketRow>.stride == 56)
        #expect(MemoryLayout<OpenSocket>.stride == 88)
    }
}
