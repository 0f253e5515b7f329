import Foundation
import GRDB
import PortHistory
import PortModel
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
        try writer.append(SampleRecord(takenAt: Timestamp(milliseconds: 1000)), snapshots, try writer.compare(snapshots))
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
        let refusal = HistoryError.otherSchema(path: path, found: 999, expected: 1)
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
        try writer.append(SampleRecord(takenAt: Timestamp(milliseconds: 2000)), snapshots, try writer.compare(snapshots))
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
}
