import Foundation
import GRDB
import PortHistory
import PortModel
import TestSupport
import Testing

/// What the history does with files that are not what it expects: nothing is ever touched that is not its own.
struct HistoryFileTests {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("history.db")
    }

    private func recordOneSample() throws {
        let writer = try HistoryWriter(path: path, host: "test", bootID: "boot")
        let snapshots = [Snapshot(rows: [listener(port: 80)])]
        try writer.append(
            SampleRecord(takenAt: Timestamp(milliseconds: 1000)), snapshots, try writer.compare(snapshots))
        writer.close()
    }

    private func listener(port: UInt16) -> SocketRow {
        SocketRow(
            table: .tcp, state: .listen, local: Endpoint(.anyIPv4, port), remote: Endpoint(.anyIPv4, 0),
            inode: UInt64(port))
    }

    private func contents() throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

    @Test("a file that is not portlog's is refused by recorder and reader, and is as it was", arguments: [0, 1, 2])
    func foreignFile(kind: Int) throws {
        switch kind {
        case 0: try Data("hello".utf8).write(to: URL(fileURLWithPath: path))
        case 1: try Data(repeating: 7, count: 8192).write(to: URL(fileURLWithPath: path))
        default: try DatabaseQueue(path: path).write { try $0.execute(sql: "CREATE TABLE t (x)") }
        }
        let before = try contents()
        #expect(throws: HistoryError.notPortlog(path: path)) {
            try HistoryWriter(path: path, host: "test", bootID: "boot")
        }
        #expect(throws: HistoryError.notPortlog(path: path)) { try HistoryReader(path: path) }
        #expect(try contents() == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["history.db"])
    }

    @Test("a history of a newer schema is refused by recorder and reader, and is as it was")
    func newerSchema() throws {
        try recordOneSample()
        try DatabaseQueue(path: path).write { try $0.execute(sql: "PRAGMA user_version = 999") }
        let before = try contents()
        let refusal = HistoryError.otherSchema(path: path, found: 999, expected: 4)
        #expect(throws: refusal) { try HistoryWriter(path: path, host: "test", bootID: "boot") }
        #expect(throws: refusal) { try HistoryReader(path: path) }
        #expect(try contents() == before)
    }

    @Test("a second recorder is refused while the first goes on, and takes over when that has gone")
    func secondRecorder() throws {
        do {
            let first = try HistoryWriter(path: path, host: "test", bootID: "boot")
            #expect(throws: HistoryError.locked(path: path, pid: getpid())) {
                try HistoryWriter(path: path, host: "test", bootID: "boot")
            }
            let snapshots = [Snapshot(rows: [listener(port: 80)])]
            try first.append(SampleRecord(takenAt: Timestamp(milliseconds: 1)), snapshots, try first.compare(snapshots))
            #expect(try HistoryReader(path: path).isRecording)
        }
        #expect(try !HistoryReader(path: path).isRecording)
        #expect(try HistoryWriter(path: path, host: "test", bootID: "boot").newestSample == 1)
    }

    @Test("a truncated or overwritten history is damaged, and is set aside whole", arguments: [true, false])
    func damaged(truncated: Bool) throws {
        try recordOneSample()
        for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
        var data = try contents()
        if truncated {
            data = data.prefix(data.count / 2)
        } else {
            data.replaceSubrange(4096..<20480, with: Data(count: 16384))
        }
        try data.write(to: URL(fileURLWithPath: path))
        do {
            _ = try HistoryWriter(path: path, host: "test", bootID: "boot")
            Issue.record("the damage was not noticed")
        } catch .damaged {
            let aside = try HistoryFile.setAside(path, at: Timestamp(milliseconds: 0))
            #expect(aside == path + ".damaged-19700101T000000.000Z")
            #expect(try Data(contentsOf: URL(fileURLWithPath: aside)) == data)
            #expect(try HistoryWriter(path: path, host: "test", bootID: "boot").newestSample == 0)
        }
    }

    @Test("a copy of the file alone answers, also where nothing beside it can be written")
    func readOnlyCopy() throws {
        try recordOneSample()
        let other = try TemporaryFolder()
        let copy = other.file("copy of 50%?#.db")
        try FileManager.default.copyItem(atPath: path, toPath: copy)
        chmod(copy, 0o444)
        chmod(other.path, 0o555)
        defer { chmod(other.path, 0o755) }
        #expect(try HistoryReader(path: copy).read { try $0.sockets(at: 1).count } == 1)
    }

    @Test("a missing folder, a folder for a file: the error says so and nothing is made")
    func cannotCreate() throws {
        let missing = folder.file("no/such/folder/history.db")
        #expect(throws: HistoryError.cannotCreate(path: missing, reason: "No such file or directory")) {
            try HistoryWriter(path: missing, host: "test", bootID: "boot")
        }
        #expect(throws: HistoryError.notPortlog(path: folder.path)) {
            try HistoryWriter(path: folder.path, host: "test", bootID: "boot")
        }
        #expect(throws: HistoryError.notFound(path: path)) { try HistoryReader(path: path) }
    }

    @Test("another boot ends what stood open, a socket with the same inode included")
    func reboot() throws {
        try recordOneSample()
        let writer = try HistoryWriter(path: path, host: "test", bootID: "another boot")
        let snapshots = [Snapshot(rows: [listener(port: 80)])]
        try writer.append(
            SampleRecord(takenAt: Timestamp(milliseconds: 2000)), snapshots, try writer.compare(snapshots))
        try HistoryReader(path: path).read { view in
            let (before, after) = (try view.sockets(at: 1), try view.sockets(at: 2))
            #expect(before.map(\.last) == [1] && after.map(\.socketFirst) == [2])
        }
    }

    @Test("the file and its companions are for owner and group alone")
    func permissions() throws {
        let writer = try HistoryWriter(path: path, host: "test", bootID: "boot")
        for suffix in ["", "-wal", "-shm", "-lock"] {
            var status = stat()
            #expect(stat(path + suffix, &status) == 0 && status.st_mode & 0o777 == 0o640, "\(suffix)")
        }
        writer.close()
    }

    @Test("a creation that was interrupted goes on, and one that fails leaves an empty file empty")
    func interruptedCreation() throws {
        try DatabaseQueue(path: path).write { database in
            try database.execute(sql: "PRAGMA application_id = \(HistoryFile.applicationID)")
        }
        #expect(try HistoryFile.kind(at: path) == .history)
        try recordOneSample()
        #expect(try HistoryReader(path: path).read { try $0.sockets(at: 1).count } == 1)
    }

    @Test("a history that got no sample is not left behind")
    func nothingRecorded() throws {
        try HistoryWriter(path: path, host: "test", bootID: "boot").close()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    }

    @Test("closing lets go of the lock, and what is damaged meanwhile can be set aside")
    func closing() throws {
        let writer = try HistoryWriter(path: path, host: "test", bootID: "boot")
        writer.close()
        writer.close()
        #expect(throws: HistoryError.self) {
            let snapshots = [Snapshot(rows: [])]
            try writer.append(SampleRecord(takenAt: Timestamp(milliseconds: 1)), snapshots, writer.compare(snapshots))
        }
        try recordOneSample()
    }

    @Test("a symbolic link is another name of the same history: the second recorder is refused")
    func symbolicLink() throws {
        let link = folder.file("link.db")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        let first = try HistoryWriter(path: path, host: "test", bootID: "boot")
        #expect(throws: HistoryError.locked(path: path, pid: getpid())) {
            try HistoryWriter(path: link, host: "test", bootID: "boot")
        }
        #expect(try HistoryReader(path: link).isRecording)
        first.close()
    }

    @Test("a reader's shared lock keeps no recorder from starting, and is none")
    func sharedLock() throws {
        try recordOneSample()
        let descriptor = open(path + "-lock", O_RDONLY)
        var lock = flock(l_type: Int16(F_RDLCK), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
        #expect(fcntl(descriptor, 37, &lock) == 0)
        defer { close(descriptor) }
        #expect(try !HistoryReader(path: path).isRecording)
        let writer = try HistoryWriter(path: path, host: "test", bootID: "boot")
        #expect(try HistoryReader(path: path).isRecording)
        writer.close()
    }

    @Test("the lock can be seen by whoever may read the history")
    func lockMode() throws {
        try recordOneSample()
        chmod(path, 0o644)
        let writer = try HistoryWriter(path: path, host: "test", bootID: "boot")
        var status = stat()
        #expect(stat(path + "-lock", &status) == 0 && status.st_mode & 0o777 == 0o644)
        writer.close()
    }

    @Test("a file with a second name is refused by either, by recorder and compaction, and left as it is")
    func severalNames() throws {
        try recordOneSample()
        let other = folder.file("other.db")
        try FileManager.default.linkItem(atPath: path, toPath: other)
        for name in [path, other] {
            let refusal = HistoryError.severalNames(path: name, count: 2)
            #expect(throws: refusal) { try HistoryWriter(path: name, host: "test", bootID: "boot") }
            #expect(throws: refusal) { try HistoryCompaction(path: name) }
        }
        #expect(!FileManager.default.fileExists(atPath: other + "-lock"))
        try FileManager.default.removeItem(atPath: other)
        try HistoryWriter(path: path, host: "test", bootID: "boot").close()
    }

    @Test("a link that leads nowhere is refused by what it is")
    func danglingLink() throws {
        let link = folder.file("link.db")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "gone.db")
        let reason = "it is a link to gone.db, which does not exist"
        #expect(throws: HistoryError.cannotCreate(path: link, reason: reason)) {
            try HistoryWriter(path: link, host: "test", bootID: "boot")
        }
        #expect(!FileManager.default.fileExists(atPath: link + "-lock"))
    }

    @Test("a removed or replaced lock is noticed, and the other's is left alone")
    func lostLock() throws {
        let writer = try HistoryWriter(path: path, host: "test", bootID: "boot")
        #expect(writer.isLocked)
        try FileManager.default.removeItem(atPath: path + "-lock")
        #expect(!writer.isLocked)
        try #require(FileManager.default.createFile(atPath: path + "-lock", contents: Data()))
        #expect(!writer.isLocked && writer.isInPlace)
        writer.close()
        #expect(FileManager.default.fileExists(atPath: path + "-lock") && FileManager.default.fileExists(atPath: path))
    }

    @Test("a removed file is noticed")
    func removed() throws {
        let writer = try HistoryWriter(path: path, host: "test", bootID: "boot")
        #expect(writer.isInPlace)
        try FileManager.default.removeItem(atPath: path)
        #expect(!writer.isInPlace)
    }

    @Test(
        "numbers that portlog never wrote are damage, for reader and recorder",
        arguments: [
            "UPDATE interval SET span = 9223372036854775807", "UPDATE interval SET start = -5",
            "UPDATE interval SET cluster = 70 << 26", "UPDATE interval SET local_port = 70000",
            "UPDATE interval SET age = -1", "UPDATE listener_interval SET local_port = 70000",
            "UPDATE holder SET attribution = 300",
            "UPDATE holder SET processes = 'x'", "UPDATE open_interval SET local_port = 70000",
            "UPDATE open_interval SET first = -9223372036854775808", "UPDATE limits SET range_first = 70000",
            "UPDATE flow SET remote_port = 70000", "UPDATE flow SET socket_table = 9",
            "UPDATE address SET text = 'x' || id",
        ])
    func damagedNumbers(statement: String) throws {
        let writer = try HistoryWriter(path: path, host: "test", bootID: "boot")
        let connection = SocketRow(
            table: .tcp, state: .established, local: Endpoint(IPAddress(ipv4: 1), 81),
            remote: Endpoint(IPAddress(ipv4: 2), 4000), inode: 7)
        for rows in [[listener(port: 80), listener(port: 81), connection], [listener(port: 81)], [listener(port: 81)]] {
            let snapshots = [Snapshot(rows: rows)]
            try writer.append(SampleRecord(takenAt: Timestamp(milliseconds: 1)), snapshots, writer.compare(snapshots))
        }
        writer.close()
        try DatabaseQueue(path: path).write { try $0.execute(sql: statement) }
        do {
            try HistoryReader(path: path).read { view in
                for socket in try view.sockets(at: 1) + view.sockets(at: 3) { _ = try view.holder(socket.holder) }
                _ = try view.limits(in: 1...3)
            }
            Issue.record("the reader did not notice")
        } catch let error as HistoryError {
            guard case .damaged = error else { throw error }
        }
    }

    @Test(
        "a recorder does not start on numbers that portlog never wrote",
        arguments: [
            "INSERT INTO listened_port VALUES (0, 0, 70000, 1, 1)",
            "UPDATE open_interval SET id = 9223372036854775807", "UPDATE open_interval SET local_port = -1",
        ])
    func damagedMemory(statement: String) throws {
        try recordOneSample()
        try DatabaseQueue(path: path).write { try $0.execute(sql: statement) }
        do {
            _ = try HistoryWriter(path: path, host: "test", bootID: "boot")
            Issue.record("the recorder did not notice")
        } catch {
            guard case .damaged = error else { throw error }
        }
    }

    @Test("a lost sample is followed by one that is whole: the memory is read from the file again")
    func lostSample() throws {
        let writer = try HistoryWriter(path: path, host: "test", bootID: "boot")
        func record(_ ports: [UInt16]) throws {
            let snapshots = [Snapshot(rows: ports.map { listener(port: $0) })]
            try writer.append(SampleRecord(takenAt: Timestamp(milliseconds: 1)), snapshots, writer.compare(snapshots))
        }
        try record([80, 81])
        let other = try DatabaseQueue(path: path)
        try other.write { try $0.execute(sql: "ALTER TABLE open_interval RENAME TO hidden") }
        #expect(throws: HistoryError.self) { try record([80, 82]) }
        #expect(throws: HistoryError.self) { try record([80, 83]) }
        try other.write { try $0.execute(sql: "ALTER TABLE hidden RENAME TO open_interval") }
        try record([80, 84])
        try HistoryReader(path: path).read { view in
            let ports = try [1, 2].map { try view.sockets(at: $0).map(\.local.port).sorted() }
            #expect(ports == [[80, 81], [80, 84]])
            let newest = try view.newestSample()?.number
            #expect(newest == 2)
        }
    }

    @Test("questions inside questions do not disturb each other")
    func nested() throws {
        try recordOneSample()
        try HistoryReader(path: path).read { view in
            var rows = 0
            try view.intervals(in: 1...1) { _ in
                rows += 1
                let inner = try view.sockets(at: 1).count
                #expect(inner == 1)
            }
            #expect(rows == 1)
        }
    }

    @Test("a period holds all its samples, also where the clock was set back")
    func clockSetBack() throws {
        let writer = try HistoryWriter(path: path, host: "test", bootID: "boot")
        for time in [1000, 2000, 3000, 1500, 2500] {
            let snapshots = [Snapshot(rows: [])]
            try writer.append(
                SampleRecord(takenAt: Timestamp(milliseconds: Int64(time))), snapshots, writer.compare(snapshots))
        }
        try HistoryReader(path: path).read { view in
            let period = (Timestamp(milliseconds: 1000), Timestamp(milliseconds: 3000))
            let samples = try view.samples(since: period.0, until: period.1)
            #expect(samples == 1...5)
        }
    }

    @Test("limits that change are in force from their sample on")
    func limits() throws {
        let writer = try HistoryWriter(path: path, host: "test", bootID: "boot")
        for first in [32768, 32768, 40000] as [UInt16] {
            var limits = PortLimits()
            limits.range = PortRange(first: first, last: 60999)
            let snapshots = [Snapshot(rows: [], limits: limits)]
            try writer.append(SampleRecord(takenAt: Timestamp(milliseconds: 1)), snapshots, writer.compare(snapshots))
        }
        try HistoryReader(path: path).read { view in
            let changes = try view.limits(in: 2...3)
            #expect(changes.map(\.sample) == [1, 3])
            let last = try view.limits(in: 3...3)
            #expect(last.map(\.limits.range.first) == [40000])
        }
    }
}
