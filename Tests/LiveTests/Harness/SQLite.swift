import Foundation

/// SQLite's own program, which shares nothing with portlog: a judge of the files that it leaves.
enum SQLite {
    /// What a statement says.
    ///
    /// - Parameter scratch: where a copy is asked instead, with its write-ahead log, so that the files stay as they are.
    static func ask(_ database: String, _ sql: String, copiedBelow scratch: Scratch? = nil) throws -> String {
        var path = database
        if let scratch {
            path = scratch.file("copy.db")
            for suffix in ["", "-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: path + suffix)
                if suffix != "-shm", FileManager.default.fileExists(atPath: database + suffix) {
                    try FileManager.default.copyItem(atPath: database + suffix, toPath: path + suffix)
                }
            }
        }
        let result = try Command.run("sqlite3", ["-cmd", ".timeout 5000", path, sql])
        return (result.output + result.errors).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// How many bytes a file has; 0 of none.
    static func size(_ path: String) -> Int {
        (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
    }
}
