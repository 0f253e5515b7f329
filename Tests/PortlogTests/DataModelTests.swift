import Foundation
import TestSupport
import Testing

/// docs/data-model.md: it describes every column of every view, and its examples are what SQLite's shell answers.
struct DataModelTests {
    /// What stands below a heading of the third level.
    private struct Chapter {
        var heading: String
        var text: String

        /// The columns in the first cells of its table.
        var columns: [String] {
            text.split(separator: "\n").filter { $0.hasPrefix("| `") }.flatMap { line in
                line.split(separator: "|")[0].matches(of: /`(\w+)`/).map { String($0.1) }
            }
        }

        /// The heading of the chapter whose columns come before its own.
        var common: String? {
            text.firstMatch(of: /the\s+columns\s+of\s+(?:`(\w+)`|\[([^\]]+)\])/).map { String($0.1 ?? $0.2 ?? "") }
        }
    }

    private static let file = Golden.package.appendingPathComponent("docs/data-model.md")

    private static func text() throws -> String { String(decoding: try Data(contentsOf: file), as: UTF8.self) }

    /// The chapters of the part about the views.
    private static func views(_ text: String) -> [Chapter] {
        let part = text.components(separatedBy: "\n## ").first { $0.hasPrefix("The views\n") } ?? ""
        return part.components(separatedBy: "\n### ").dropFirst().map { chapter in
            let heading = chapter.prefix { $0 != "\n" }
            return Chapter(heading: heading.filter { $0 != "`" }, text: String(chapter.dropFirst(heading.count)))
        }
    }

    @Test("Every column of every view is described, in its order, and no other")
    func columns() throws {
        let history = try ViewsHistory()
        let shell = SQLiteShell(history.path)
        let text = try Self.text()
        let chapters = Dictionary(Self.views(text).map { ($0.heading, $0) }) { $1 }
        let views = try shell.rows("SELECT name FROM sqlite_schema WHERE type = 'view'").compactMap { $0["name"]?.text }
        #expect(views.count(where: { chapters[$0] != nil }) == 10)
        for view in views {
            guard let chapter = chapters[view] else {
                #expect(text.contains("`\(view)`"), "\(view) is not mentioned")
                continue
            }
            let found = try shell.rows("SELECT name FROM pragma_table_info('\(view)')").compactMap { $0["name"]?.text }
            let common = chapter.common.map { chapters[$0]?.columns ?? ["\($0) is missing"] } ?? []
            #expect(common + chapter.columns == found, "\(view)")
        }
    }

    @Test("Every table and its columns are mentioned")
    func tables() throws {
        let history = try ViewsHistory()
        let part = try Self.text().components(separatedBy: "\n## ").last ?? ""
        let columns = try SQLiteShell(history.path).rows(
            """
            SELECT t.name AS "table", c.name AS "column" FROM sqlite_schema t, pragma_table_xinfo(t.name) c
            WHERE t.type = 'table' AND t.name NOT LIKE 'grdb%'
            """)
        for row in columns {
            let (table, column) = (row["table"]?.text ?? "", row["column"]?.text ?? "")
            let places = part.split(separator: "\n").filter { $0.hasPrefix("### ") || $0.hasPrefix("| `") }
            #expect(places.contains { $0.matches(of: /\w+/).contains { $0.0 == table } }, "\(table)")
            let isMentioned = part.contains("`\(column)`") || part.contains("`\(table).\(column)`")
            #expect(isMentioned, "\(table).\(column)")
        }
        #expect(columns.count > 100)
    }

    @Test("The examples are what SQLite's shell answers")
    func examples() throws {
        let history = try ViewsHistory()
        let shell = SQLiteShell(history.path)
        var text = try Self.text()
        let examples = text.matches(of: /```sql\n([^`]*)```\n\n```\n([^`]*)```/).map {
            (sql: String($0.1), answer: String($0.2))
        }
        #expect(examples.count >= 12)
        for (sql, answer) in examples {
            let found = Self.trimmed(try shell.table(Self.filledIn(sql)))
            if Golden.isUpdating {
                text = text.replacingOccurrences(of: sql + "```\n\n```\n" + answer, with: sql + "```\n\n```\n" + found)
            } else {
                #expect(Self.words(found) == Self.words(answer), "\(sql)")
            }
        }
        if Golden.isUpdating { try Data(text.utf8).write(to: Self.file) }
    }

    /// A query with what Grafana and Datasette put into theirs.
    private static func filledIn(_ sql: String) -> String {
        sql.replacing("$__from", with: String(ViewsHistory.time(1).milliseconds))
            .replacing("$__to", with: String(ViewsHistory.time(ViewsHistory.count).milliseconds))
            .replacing(":port", with: "'443'")
    }

    private static func trimmed(_ table: String) -> String {
        table.split(separator: "\n").map { $0.replacing(/\ +$/, with: "") + "\n" }.joined()
    }

    /// The lines of a table without what depends on the width of its columns.
    private static func words(_ table: String) -> [[Substring]] {
        table.split(separator: "\n").map { $0.split(separator: " ") }.filter { !$0.joined().allSatisfy { $0 == "-" } }
    }
}
