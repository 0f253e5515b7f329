import Foundation
import Testing

@testable import portlog

/// What `portlog record` says of itself. Whether it records at all is the live tests' to say.
@Suite struct RecordCommandTests {
    private func record(_ database: String) async -> (code: Int32, errors: [Substring]) {
        let test = TestWorld()
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
        #expect(errors.last?.hasPrefix("portlog: ") == true)
        #expect(!errors.contains { $0.hasPrefix("<6>recording") })
    }
}
