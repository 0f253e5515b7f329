import Foundation
import GRDB
import Migrations

/// A history of an earlier schema with real data: a small shop, recorded for a minute and a half by the last portlog of that schema.
///
/// 820 samples in two boots; TCP and UDP sockets of seven programs in both families, some of them there all the time; workers that
/// share a listener; ports and sysctls that change; a recorder that was stopped for a while, and one that was killed.
public enum EarlierHistory {
    /// The host that was recorded.
    public static let host = "shop-1"
    /// Its second boot, in which recording ended.
    public static let bootID = "5b0f3c1e-2d64-4e0e-8c0b-91a7c4f6d802"

    /// The schemas that there are histories of.
    public static let schemas = [1, 2, 3]

    /// Makes the file as that portlog left it.
    ///
    /// - Parameter more: further SQL.
    public static func make(at path: String, schema: Int = 1, more: String = "") throws {
        let queue = try DatabaseQueue(path: path)
        try queue.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA application_id = 0x504C4F47")
            try database.execute(sql: "BEGIN; " + Migration.all.prefix(schema).map(\.sql).joined(separator: "\n"))
            try database.execute(sql: "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
            try database.execute(
                sql: "\(String(contentsOfFile: fixture("schema\(schema).sql"), encoding: .utf8)); COMMIT")
            try database.execute(sql: more)
            _ = try String.fetchOne(database, sql: "PRAGMA journal_mode = WAL")
        }
        try queue.close()
    }

    /// What that portlog answered from it, without charts: a list of `arguments` and `answer`.
    public static func answers(schema: Int) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: fixture("schema\(schema)-answers.json")))
    }

    private static func fixture(_ name: String) -> String {
        String(#filePath.dropLast("EarlierHistory.swift".count)) + "Fixtures/" + name
    }
}
