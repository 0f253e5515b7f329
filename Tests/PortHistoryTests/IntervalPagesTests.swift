import Foundation
import GRDB
import PortModel
import TestSupport
import Testing

@testable import PortHistory

/// Intervals that are read page by page, each page in a transaction of its own.
struct IntervalPagesTests {
    /// Everything that the pages tell; `between` happens after each page.
    private func all(
        _ pages: IntervalPages, of reader: HistoryReader, _ limit: PageLimit, between: () throws -> Void = {}
    ) throws -> [SocketInterval] {
        var pages = pages
        var found: [SocketInterval] = []
        while try reader.read({ view in try pages.next(view, limit) { found.append($0) } }) { try between() }
        return found
    }

    private func expectSame(_ found: [SocketInterval], _ wanted: [SocketInterval], _ comment: Comment) {
        #expect(found.count == wanted.count, comment)
        #expect(Set(found).symmetricDifference(wanted).isEmpty, comment)
    }

    @Test("pages of any size tell what there is, each once, of any period and filter", arguments: [1, 7, 4096])
    func complete(rows: Int) throws {
        let history = try RandomHistory(seed: 1)
        try history.record(200)
        let filters = [
            SocketFilter(), SocketFilter(transport: .udp), SocketFilter(namespace: "host", localPort: 105),
            SocketFilter(namespace: "nowhere"),
        ]
        let reader = try history.reader()
        for samples in [1...200, 1...1, 130...140, 64...191, 200...200] {
            for filter in filters {
                var sockets: [SocketInterval] = []
                var listeners: [SocketInterval] = []
                let pages = try reader.read { view in
                    try view.intervals(in: samples, matching: filter) { sockets.append($0) }
                    try view.listeners(in: samples, matching: filter) { listeners.append($0) }
                    return (
                        try IntervalPages.sockets(view, in: samples, matching: filter),
                        try IntervalPages.listeners(view, in: samples, matching: filter)
                    )
                }
                #expect(sockets.isEmpty == (filter.namespace == "nowhere") || filter.localPort != nil)
                expectSame(try all(pages.0, of: reader, PageLimit(rows: rows)), sockets, "\(samples) \(filter)")
                expectSame(try all(pages.1, of: reader, PageLimit(rows: rows)), listeners, "\(samples) \(filter)")
            }
        }
    }

    @Test("what a recorder opens and closes between the pages changes nothing", arguments: 1...6)
    func consistent(seed: UInt64) throws {
        let history = try RandomHistory(seed: seed)
        try history.record(150 + Int(seed))
        let reader = try history.reader()
        for (first, end) in [(0, 0), (130, 0), (0, 50)] {
            let samples = (first + 1)...(history.newest - end)
            var wanted: [SocketInterval] = []
            let pages = try reader.read { view in
                try view.intervals(in: samples) { wanted.append($0) }
                return try IntervalPages.sockets(view, in: samples)
            }
            #expect(wanted.contains { $0.isOpen } || end > 0)
            let found = try all(pages, of: reader, PageLimit(rows: 9)) { try history.record(2) }
            expectSame(found, wanted, "seed \(seed), \(samples)")
        }
    }

    @Test("a reboot between two pages, or just before the first, changes nothing", arguments: [true, false])
    func reboot(isBefore: Bool) throws {
        let history = try RandomHistory(seed: 3)
        try history.record(100)
        if isBefore { try history.reboot() }
        let reader = try history.reader()
        var wanted: [SocketInterval] = []
        let pages = try reader.read { view in
            try view.intervals(in: 1...100) { wanted.append($0) }
            return try IntervalPages.sockets(view, in: 1...100)
        }
        #expect(wanted.contains { $0.last == 100 && $0.isOpen != isBefore })
        var isFirst = true
        let found = try all(pages, of: reader, PageLimit(rows: 5)) {
            if isFirst { try history.reboot() }
            isFirst = false
            try history.record(1)
        }
        expectSame(found, wanted, "reboot")
    }

    @Test("what retention removes meanwhile is not told, and all else is")
    func retention() throws {
        // Samples go after ten minutes, 60 samples.
        let policy = RetentionPolicy(budget: nil, samples: 600_000, minutes: .max, hours: .max)
        let history = try RandomHistory(seed: 5, retention: policy)
        try history.record(1000)
        let reader = try history.reader()
        var wanted: [SocketInterval] = []
        let (pages, oldest) = try reader.read { view in
            let oldest = try #require(try view.oldestSample()).number
            try view.intervals(in: oldest...1000) { wanted.append($0) }
            return (try IntervalPages.sockets(view, in: oldest...1000), oldest)
        }
        #expect(oldest > 900)
        let found = try all(pages, of: reader, PageLimit(rows: 50)) { try history.record(12) }
        let left = try reader.read { try #require(try $0.oldestSample()).number }
        #expect(left > oldest + 24)
        #expect(Set(found).isSubset(of: wanted) && Set(found).count == found.count)
        #expect(Set(wanted.filter { $0.last >= left || $0.isListener && !$0.isOpen }).isSubset(of: found))
        #expect(found.count < wanted.count)
    }

    @Test("listeners are told as far back as they are kept")
    func keptListeners() throws {
        let policy = RetentionPolicy(budget: nil, samples: 600_000, minutes: 3_600_000, hours: 7_200_000)
        let history = try RandomHistory(seed: 6, retention: policy, step: 120_000)
        try history.record(1500)
        let reader = try history.reader()
        var wanted: [SocketInterval] = []
        let (pages, oldest) = try reader.read { view in
            let oldest = try view.oldestSample(of: .listeners)
            try view.listeners(in: oldest...1500) { wanted.append($0) }
            return (try IntervalPages.listeners(view, in: 1...1500), oldest)
        }
        #expect(oldest > 1000 && oldest < 1450)
        expectSame(try all(pages, of: reader, PageLimit(rows: 10)), wanted, "listeners")
    }

    @Test("no page keeps the write-ahead log from being emptied, and none reads longer than it may")
    func shortTransactions() throws {
        let history = try RandomHistory(seed: 7)
        try history.record(200)
        let reader = try history.reader()
        let other = try DatabaseQueue(path: history.path)
        func empty() throws {
            try history.record(1)
            let busy = try other.inDatabase { try Int.fetchOne($0, sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
            #expect(busy == 0)
        }
        let limit = PageLimit(rows: .max, milliseconds: 0)
        var (pages, samples, destinations) = try reader.read { view in
            (
                try IntervalPages.sockets(view, in: 1...200), SamplePages(in: 1...200),
                try DestinationPages(view, in: 1...200)
            )
        }
        var counts: [Int] = []
        func read(_ page: (HistoryView, inout Int) throws -> Bool) throws {
            var count = 0
            while try reader.read({ view in
                count = 0
                return try page(view, &count)
            }) {
                counts.append(count)
                try empty()
            }
        }
        try read { view, count in try pages.next(view, limit) { _ in count += 1 } }
        #expect(counts.count > 20 && counts.allSatisfy { $0 <= 16 })
        counts = []
        try read { view, count in try samples.next(view, limit) { _ in count += 1 } }
        #expect(counts.count == 12 && counts.allSatisfy { $0 == 16 })
        counts = []
        try read { view, count in try destinations.next(view, limit) { _ in count += 1 } }
        #expect(counts.count > 20)
    }

    @Test("a flow or an address that is missing of what is kept is damage", arguments: ["flow", "address"])
    func damage(table: String) throws {
        let history = try RandomHistory(seed: 8)
        try history.record(20)
        history.close()
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        try DatabaseQueue(path: history.path, configuration: configuration).write { database in
            try database.execute(sql: "DELETE FROM \(table) WHERE id = 1")
        }
        let reader = try history.reader()
        let pages = try reader.read { try IntervalPages.sockets($0, in: 1...20) }
        #expect(throws: HistoryError.self) { try all(pages, of: reader, .standard) }
    }
}
