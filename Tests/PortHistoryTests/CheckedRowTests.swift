import GRDB
import Testing

@testable import PortHistory

/// What SQLite finds sound, and portlog never wrote.
struct CheckedRowTests {
    private let row: Row = ["number": 7, "text": "seven", "none": nil]

    @Test("a value of the type that is asked for, and none where there may be none")
    func sound() throws {
        #expect(try row.checked("number") == 7)
        #expect(try row.checked("text") == "seven")
        let none: Int? = try row.checked("none")
        #expect(none == nil)
    }

    @Test("another type, or no value, is damage and not the end of the process")
    func damaged() {
        for ask in [
            { let _: Int = try row.checked("text") }, { let _: String = try row.checked("number") },
            { let _: Int = try row.checked("none") }, { let _: Int? = try row.checked("text") },
        ] as [() throws -> Void] {
            do {
                try ask()
                Issue.record("it was not noticed")
            } catch {
                guard case .damaged = HistoryError(error, "/history") else {
                    Issue.record("\(error)")
                    continue
                }
            }
        }
    }
}
