import Foundation
import PortHistory
import PortModel
import TestSupport
import Testing

/// What another user left where a recorder is about to write.
struct SharedFolderTests {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("history.db")
    }

    /// Records a sample: without one, a new history is taken away again.
    private func record(into path: String) throws {
        let writer = try HistoryWriter(path: path, host: "test", bootID: "boot")
        let time = Timestamp(milliseconds: Int64(writer.newestSample + 1) * 1000)
        try writer.append(SampleRecord(takenAt: time), [Snapshot(rows: [])], try writer.compare([Snapshot(rows: [])]))
        writer.close()
    }

    private func record() throws { try record(into: path) }

    private func share() { chmod(folder.path, 0o1777) }

    @Test(
        "a link in the place of a companion is refused, and what it points to is as it was",
        arguments: ["-wal", "-shm", "-journal"])
    func linkedCompanion(suffix: String) throws {
        let target = folder.file("target")
        try Data("precious".utf8).write(to: URL(fileURLWithPath: target))
        try FileManager.default.createSymbolicLink(atPath: path + suffix, withDestinationPath: target)
        #expect(throws: HistoryError.cannotCreate(path: path + suffix, reason: "it is a symbolic link")) {
            try record()
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: target)) == Data("precious".utf8))
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("a folder or a pipe in the place of a companion is refused")
    func otherCompanion() throws {
        mkfifo(path + "-wal", 0o600)
        #expect(throws: HistoryError.cannotCreate(path: path + "-wal", reason: "it is no file")) { try record() }
    }

    @Test("in a folder of one's own, and in a shared one with nothing in it, recording goes on as ever")
    func harmless() throws {
        try record()
        share()
        try record()
    }

    @Test(
        "in a folder that anybody may write, another user's file or link is refused",
        .enabled(if: geteuid() == 0, "giving a file away takes root"), arguments: ["", "-wal", "-lock"])
    func othersFile(suffix: String) throws {
        try record()
        let file = path + suffix
        try #require(lchown(file, 4711, 4711) == 0)
        try record()
        // The recorder has made the lock the history's owner's.
        try #require(lchown(file, 4711, 4711) == 0)
        share()
        var found = stat()
        try #require(lstat(file, &found) == 0 && found.st_uid == 4711)
        let error = #expect(throws: HistoryError.self) { try record() }
        let text = error.map { "\($0)" } ?? ""
        #expect(text.contains("anybody may write its folder, and it is of user 4711"), "\(text)")
    }

    @Test(
        "in a folder that anybody may write, another user's link to a history is not followed",
        .enabled(if: geteuid() == 0, "giving a link away takes root"))
    func othersLink() throws {
        let own = try TemporaryFolder()
        try record(into: own.file("own.db"))
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: own.file("own.db"))
        try record()
        lchown(path, 4711, 4711)
        share()
        #expect(throws: HistoryError.self) { try record() }
        withExtendedLifetime(own) {}
    }
}
