import PortHistory
import TestSupport
import Testing

@testable import portlog

/// What is advised depends on what goes on.
@Suite struct HistoryErrorTests {
    @Test("Of a damaged history the running recorder is to be restarted, and else one is to be run")
    func damaged() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("history.db")
        let error = HistoryError.damaged(path: path, reason: "malformed")
        #expect(error.portlogError.whatToDo.hasPrefix("'portlog record' sets it aside"))
        let writer = try HistoryWriter(path: path, host: "test", bootID: "boot")
        #expect(error.portlogError.whatToDo.hasPrefix("Restart the recorder"))
        writer.close()
    }
}
