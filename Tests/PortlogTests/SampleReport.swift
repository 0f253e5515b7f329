import PortModel
import PortReports
import TestSupport

@testable import portlog

/// A report like those of the commands.
struct SampleReport: Encodable, Equatable {
    struct Row: Encodable, Equatable, Hashable {
        struct Owner: Encodable, Equatable, Hashable {
            var pid: Int
            var command: String
            @ExplicitNull var unit: String?
        }
        var name: String
        var localPort: Int
        @ExplicitNull var remotePort: Int?
        var owners: [Owner]
        var share: Double
        var at: Timestamp

        enum CodingKeys: String, CodingKey {
            case name, owners, share, at
            case localPort = "local_port"
            case remotePort = "remote_port"
        }
    }

    var command = "sample"
    // Looks like the list, in places where the list is not.
    var note = "\"rows\":[]"
    var inner: [String: [Int]] = ["rows": []]
    var rows: [Row]
    var omitted = 0
    @ExplicitNull var since: Timestamp? = nil

    init(rows: [Row], omitted: Int = 0) {
        self.rows = rows
        self.omitted = omitted
    }
}

extension SampleReport: Presentation {
    static var list: MainList<SampleReport, [Row]> { MainList("rows", \.rows) }

    static var csv: [CSVColumn<Row>] {
        [
            CSVColumn("name", \.name), CSVColumn("local_port", \.localPort), CSVColumn("remote_port", \.remotePort),
            CSVColumn("owners", { $0.owners.map { "\($0.command)/\($0.pid)" } }), CSVColumn("share", \.share),
            CSVColumn("at", \.at),
        ]
    }

    func columns(on page: Page) -> [TableColumn<Row>] {
        [
            TableColumn("NAME", \.name),
            TableColumn("PORT", number: \.localPort),
            TableColumn("PEER", number: \.remotePort),
            TableColumn("AT") { page.time($0.at) },
        ]
    }

    func head(on page: Page) -> [Block] { [.line("sample")] }
    func tail(on page: Page) -> [Block] { [.facts([Fact("total", "\(rows.count)")])] }
    var nothing: String { "no rows" }
}

extension SampleReport {
    static func random(_ count: Int, seed: UInt64) -> SampleReport {
        var random = SeededGenerator(seed: seed)
        var report = SampleReport(rows: [])
        for index in 0..<count {
            var owners: [Row.Owner] = []
            for pid in 0..<index % 3 { owners.append(Row.Owner(pid: pid, command: random.nastyText(), unit: nil)) }
            report.rows.append(
                Row(
                    name: random.nastyText(), localPort: Int.random(in: 1...65_535, using: &random),
                    remotePort: index % 3 == 0 ? nil : index, owners: owners, share: Double(index) / 7,
                    at: TestWorld.now + Int64(index)))
        }
        return report
    }
}
