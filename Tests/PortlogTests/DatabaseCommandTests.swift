import Foundation
import PortHistory
import PortModel
import Testing

@testable import portlog

@Suite struct DatabaseCommandTests {
    private let history: GoldenHistory

    init() throws { history = try GoldenHistory() }

    private func ask(_ words: String...) async -> Asked { await Asked(["database"] + words, of: history) }

    @Test("The documents are the golden ones", arguments: ["check", "info"])
    func golden(name: String) async throws {
        let json = await ask(name, "-o", "json")
        #expect(json.code == 0 && json.errors == "")
        try Golden.expect(json: json.output, is: "database-\(name)")
        let csv = await ask(name, "-o", "csv")
        try Golden.expect(text: csv.output, is: "database-\(name).csv")
    }

    @Test("check says ok, also while a recorder writes")
    func check() async {
        let asked = await ask("check")
        #expect(asked.code == 0 && asked.output == "ok\n" && asked.errors == "")
    }

    @Test("check ends with 69 whatever page is damaged, and says in which table as far as SQLite can tell")
    func damaged() async throws {
        let whole = try history.copy("copy.db") { _ in }
        let content = try Data(contentsOf: URL(fileURLWithPath: whole))
        var tables: Set<String> = []
        for page in stride(from: 4096, to: content.count, by: 4096) {
            var damaged = content
            damaged.resetBytes(in: page..<(page + 4096))
            let path = try history.file("damaged.db", damaged)
            let asked = await Asked(["database", "check", "-o", "json"], of: path)
            #expect(asked.code == 69, "page \(page / 4096 + 1): \(asked.output)")
            guard !asked.output.isEmpty else { continue }
            let problems = try #require(try asked.json["problems"] as? [[String: String]])
            #expect(try asked.json["ok"] as? Bool == false && !problems.isEmpty)
            #expect(problems.allSatisfy { Set($0.keys) == ["table", "problem"] })
            #expect(asked.errors.hasPrefix("portlog: \(path) is damaged: \(problems.count) problem"))
            if let table = problems.first?["table"] { tables.insert(table) }
        }
        #expect(tables.isSuperset(of: ["interval", "sample", "minute", "flow", "holder", "series"]), "\(tables)")
    }

    @Test("A problem has a line in every format")
    func formats() async throws {
        let whole = try history.copy("copy.db") { _ in }
        var content = try Data(contentsOf: URL(fileURLWithPath: whole))
        // The name of the container's namespace, among the words of a table: too short, and too long, for its row.
        let name = try #require(content.range(of: Data("ab12ab12ab12".utf8)))
        content.replaceSubrange((name.lowerBound - 2)..<name.lowerBound, with: [3, 200])
        let path = try history.file("damaged.db", content)
        let table = await Asked(["database", "check"], of: path)
        #expect(table.code == 69 && table.output.contains(#/^TABLE +PROBLEM\n[a-z_]+ +.*\n/#), "\(table.output)")
        let csv = await Asked(["database", "check", "-o", "csv"], of: path)
        #expect(csv.code == 69 && csv.output.hasPrefix("table,problem\r\n") && readCSV(csv.output)?.count ?? 0 > 1)
    }

    @Test("info tells of pages, reach and tables")
    func info() async throws {
        let table = await ask("info").output
        #expect(table.hasPrefix("database  /var/lib/portlog/portlog.db\nfile "))
        #expect(table.contains(/\nbudget +1.0 GiB\nschema +4\nsamples +since 2026-11-22 10:28:10 UTC\nminutes +since/))
        #expect(table.contains(/\nhours +none\n/) && table.contains(/\nsample +samples +12 +[0-9.]+ KiB +[0-9]+\n/))
        let tables = try #require(try await ask("info", "-o", "json").json["tables"] as? [[String: Any]])
        let bytes = tables.compactMap { $0["bytes"] as? Int }
        #expect(bytes == bytes.sorted(by: >) && bytes.count == tables.count)
    }

    @Test("compact says what a file took and takes, and refuses while a recorder writes")
    func compact() async throws {
        let refused = await ask("compact")
        #expect(refused.code == 75 && refused.output == "")
        #expect(refused.errors.contains("cannot compact") && refused.errors.contains("(process \(getpid()))"))
        let copy = try history.copy("copy.db") { _ in }
        let before = try await Asked(["sockets", "-o", "json"], of: copy).json
        let asked = await Asked(["database", "compact", "-o", "json"], of: copy)
        #expect(asked.code == 0 && asked.errors == "")
        let document = try asked.json
        #expect(
            Set(document.keys) == [
                "command", "path", "before_bytes", "after_bytes", "written_back", "files", "omitted",
            ])
        #expect(document["path"] as? String == copy && document["written_back"] as? Bool == true)
        let files = try #require(document["files"] as? [[String: Any]])
        #expect(files.map { $0["path"] as? String } == [copy, copy + "-wal", copy + "-shm"])
        #expect(document["after_bytes"] as? Int64 == FileSizes(of: copy).total)
        let after = try await Asked(["sockets", "-o", "json"], of: copy).json
        #expect(NSDictionary(dictionary: after).isEqual(to: before))
        let table = await Asked(["database", "compact"], of: copy)
        #expect(table.code == 0 && table.output.contains(#/^[0-9.]+ KiB before, [0-9.]+ KiB now\n\nFILE /#))
    }

    @Test("A wrong command line is 64, no database 66, another file 69", arguments: ["check", "compact", "info"])
    func exitCodes(name: String) async throws {
        for words in [["--limit", "1"], ["--since", "-1h"], ["-o", "xml"], ["more"]] {
            #expect(await Asked(["database", name] + words, of: history).code == 64)
        }
        #expect(await Asked(["database", name], of: history.path + "-none").code == 66)
        let text = try history.file("text", Data(count: 200))
        #expect(await Asked(["database", name], of: text).code == 69)
        let newer = try history.copy("schema.db") { $0[63] = 99 }
        #expect(await Asked(["database", name], of: newer).code == 69)
        let damaged = try history.copy("damaged.db") { $0.resetBytes(in: 4096..<$0.count) }
        #expect(await Asked(["database", name], of: damaged).code == 69)
    }

    @Test("Every field of compact is described in the documentation")
    func documentation() async throws {
        let file = Golden.package.appendingPathComponent("docs/json-output.md")
        let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        let chapter = text.components(separatedBy: "\n## ").first { $0.hasPrefix("database compact") } ?? ""
        for field in ["path", "before_bytes", "after_bytes", "written_back", "files"] {
            #expect(chapter.contains("`\(field)`"), "\(field)")
        }
        for field in ["table", "problem"] { #expect(text.contains("`\(field)`"), "\(field)") }
    }
}
