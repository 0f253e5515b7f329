import Foundation
import PortModel

@testable import portlog

/// What a question to a history gave.
struct Asked {
    /// The exit code.
    var code: Int32
    /// Standard output.
    var output: String
    /// Standard error.
    var errors: String

    /// Runs a command on a database.
    init(
        _ arguments: [String], of database: String, now: Timestamp = TestWorld.now,
        terminal: Terminal = Terminal(columns: 100)
    ) async {
        var test = TestWorld(terminal: terminal)
        test.world.now = { now }
        code = await CommandRunner(root: Portlog.self, world: test.world).run(arguments + ["--database", database])
        output = test.output.text
        errors = test.errors.text
    }

    /// Runs a command on a history. What is another each time is made the same: its path, and its size where that is no
    /// part of the question.
    init(_ arguments: [String], of history: GoldenHistory) async {
        await self.init(arguments, of: history.path)
        let path = "/var/lib/portlog/portlog.db"
        output = output.replacingOccurrences(of: history.path, with: path)
            .replacing(/"bytes":[0-9]+,(?!"bytes_per_row)/, with: "\"bytes\":98304,")
            .replacing(/"(file|wal|shm)_bytes":[0-9]+/) { "\"\($0.output.1)_bytes\":32768" }
            .replacing(/portlog.db, [0-9.]+ [KM]iB/, with: "portlog.db, 96.0 KiB")
    }

    /// The output as a JSON object.
    var json: [String: Any] {
        get throws { try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any] ?? [:] }
    }
}
