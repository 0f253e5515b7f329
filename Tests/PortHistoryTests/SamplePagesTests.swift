import PortModel
import Testing

@testable import PortHistory

/// Samples that are read page by page.
struct SamplePagesTests {
    @Test("pages tell every sample of the range once, in order", arguments: [1, 3, 4096])
    func complete(rows: Int) throws {
        let history = try RandomHistory(seed: 1)
        try history.record(50)
        let reader = try history.reader()
        for range in [1...50, 7...7, 20...90, 60...70] {
            var pages = SamplePages(in: range)
            var found: [SampleRecord] = []
            while try reader.read({ view in try pages.next(view, PageLimit(rows: rows)) { found.append($0) } }) {}
            let wanted = try reader.read { view in try range.compactMap { try view.sample($0) } }
            #expect(found == wanted, "\(range)")
        }
    }
}
