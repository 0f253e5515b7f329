/// The migrations of the history, oldest first. Each is one numbered `.sql` file of this folder, embedded in the binary.
///
/// A migration is never edited once it has landed: a change of the schema is a new file at the end of the list. Each sets
/// `user_version` to its number as its last statement.
public struct Migration: Sendable {
    /// The schema that the migration leads to, from 1.
    public let number: Int
    /// The name of the file without its ending: `0001_intervals`.
    public let name: String
    /// The statements.
    public let sql: String

    /// All migrations, oldest first.
    public static let all: [Migration] = [
        Migration(number: 1, name: "0001_intervals", sql: text(PackageResources._001_intervals_sql)),
        Migration(number: 2, name: "0002_rollups", sql: text(PackageResources._002_rollups_sql)),
        Migration(number: 3, name: "0003_namespaces", sql: text(PackageResources._003_namespaces_sql)),
        Migration(number: 4, name: "0004_alerts", sql: text(PackageResources._004_alerts_sql)),
    ]

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
