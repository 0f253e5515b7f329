import Foundation
import Testing

@testable import portlog

/// What `portlog record` says of itself. Whether it records at all is the live tests' to say.
@Suite struct RecordCommandTests {
    private func record(
        _ database: String, terminal: Terminal = Terminal(errorIsJournal: true)
    ) async -> (code: Int32, errors: [Substring]) {
        let test = TestWorld(terminal: terminal)
        let code = await CommandRunner(root: Portlog.self, world: test.world).run([
            "record", "--database", database, "--samples", "2", "--interval", "100ms",
        ])
        return (code, test.errors.text.split(separator: "\n"))
    }

    @Test("It says once that it records, with the first sample")
    func begun() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("portlog-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let database = folder.appendingPathComponent("history.db").path
        let (code, errors) = await record(database)
        #expect(code == 0)
        #expect(errors.first == "<6>starting database=\(database) interval=100ms")
        #expect(errors.filter { $0 == "<6>recording database=\(database) interval=100ms" }.count == 1)
        #expect(errors.last == "<6>stopped database=\(database)")
    }

    @Test("A start that fails does not look like a recorder that ran")
    func failed() async {
        let (code, errors) = await record("/nonexistent/portlog/history.db")
        #expect(code == 73)
        #expect(errors.first?.hasPrefix("<6>starting ") == true)
        #expect(errors.last?.hasPrefix("<3>portlog: cannot create ") == true)
        #expect(!errors.contains { $0.hasPrefix("<6>recording") })
    }

    @Test("Priorities are for the journal alone: elsewhere lines begin with the time, and the error with the program")
    func plain() async {
        let (code, errors) = await record("/nonexistent/portlog/history.db", terminal: Terminal())
        #expect(code == 73)
        #expect(errors.first?.hasPrefix("10:30:00 starting ") == true)
        #expect(errors.last?.hasPrefix("portlog: cannot create ") == true)
    }

    @Test("The journal is the stream that JOURNAL_STREAM names, and no other")
    func journalStream() throws {
        var status = stat()
        try #require(fstat(STDERR_FILENO, &status) == 0)
        let name = "\(status.st_dev):\(status.st_ino)"
        #expect(Terminal.isJournal(STDERR_FILENO, environment: ["JOURNAL_STREAM": name]))
        for other in ["", "1:1", name + "0", "journal"] {
            #expect(!Terminal.isJournal(STDERR_FILENO, environment: ["JOURNAL_STREAM": other]))
        }
        #expect(!Terminal.isJournal(STDERR_FILENO, environment: [:]))
        #expect(!Terminal.isJournal(-1, environment: ["JOURNAL_STREAM": name]))
    }
}
